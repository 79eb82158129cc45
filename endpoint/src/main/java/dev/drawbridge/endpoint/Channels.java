package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Position;
import jakarta.servlet.ServletContext;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Publishes to the channels of a web application, from any servlet or job of it. Thread-safe.
 *
 * <p>Two messages of one thread keep their order. The stages fail with {@link
 * PublishFailedException}; what is attached to them runs where {@link Connection#send} says.
 */
public interface Channels {
  /**
   * The channels of a web application.
   *
   * @throws IllegalStateException if no {@link DrawbridgeServlet} runs in it
   */
  static Channels of(ServletContext context) {
    if (context.getAttribute(Channels.class.getName()) instanceof Channels channels) {
      return channels;
    }
    throw new IllegalStateException(
        "no DrawbridgeServlet runs in this web application: it has not started yet (give it"
            + " <load-on-startup>1</load-on-startup>), it has stopped, or the servlet context is"
            + " another application's");
  }

  /**
   * Publishes to everybody who is subscribed.
   *
   * @param channel 1 to 128 characters of {@code [A-Za-z0-9:._@/-]}, the first a letter or digit
   * @param type as of {@link Connection#send}
   * @param data what Jackson can write, at most 256 Ki characters of JSON; null for none
   * @return its position, once it is in the log
   * @throws IllegalArgumentException if a name breaks a rule or the data cannot be written
   */
  CompletionStage<Position> publish(String channel, String type, @Nullable Object data);

  /** Publishes to the own channel of a user, {@code ~}, wherever that user is subscribed to it. */
  CompletionStage<Position> publishToUser(String subject, String type, @Nullable Object data);

  /**
   * Where the log is, at this server: whoever reads this first and its data then, and gives both to
   * a client, has in the data all that was published up to here. The client takes the messages
   * above it. Blocks for up to 2 s while the log is not open: the engine was not reached yet, or
   * its log was lost and is read anew.
   *
   * @throws IllegalStateException if it is not open by then, or the endpoint has stopped; tell the
   *     client to ask later
   */
  Position position();

  /**
   * Who is in a channel whose rule says {@link ChannelRules#presence()}; may block for 2 s. While
   * the engine is away it is what was last known, and says that it is partial.
   *
   * @throws IllegalStateException if the endpoint has stopped
   */
  Members members(String channel);

  /**
   * Ends the subscriptions of a user whose channels begin with a prefix; their clients are told.
   *
   * @return completes once the order is in the log; here it is obeyed at once
   */
  CompletionStage<Position> unsubscribe(String subject, String prefix);

  /**
   * Closes the connections of a user, with the code's first reason.
   *
   * @return completes once the order is in the log; here it is obeyed at once
   */
  CompletionStage<Position> disconnect(String subject, CloseCode code);
}
