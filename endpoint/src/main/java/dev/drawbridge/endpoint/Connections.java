package dev.drawbridge.endpoint;

import jakarta.servlet.ServletContext;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * This server's open connections of one endpoint, and no other server's: all, and by user.
 * Thread-safe.
 *
 * <p>Code outside of the endpoint finds it by {@link #of(ServletContext)}.
 */
public interface Connections {
  /**
   * The connections of a web application.
   *
   * @throws IllegalStateException if no {@link DrawbridgeServlet} runs in it
   */
  static Connections of(ServletContext context) {
    if (context.getAttribute(Connections.class.getName()) instanceof Connections connections) {
      return connections;
    }
    throw new IllegalStateException(
        "no DrawbridgeServlet runs in this web application: it has not started yet (give it"
            + " <load-on-startup>1</load-on-startup>), it has stopped, or the servlet context is"
            + " another application's");
  }

  /**
   * How a message to many went.
   *
   * @param written connections that it was written to
   * @param failed connections that were closed, too slow or broken
   */
  record Delivery(int written, int failed) {}

  /**
   * Some of the connections: a question, not a list. Each method asks it anew, so that who came
   * since is among them and who has gone is not. Thread-safe.
   */
  interface Recipients {
    /** How many there are at this moment. */
    int size();

    /**
     * Those of them that fit; may be named several times.
     *
     * @param condition called for each connection by the thread that sends or counts; does not
     *     block
     */
    Recipients where(Predicate<Connection> condition);

    /** All of them but one, for example the one that a message came from. */
    Recipients except(Connection connection);

    /**
     * Sends data of a type to each, serialized once, without waiting for the network.
     *
     * <p>What is attached to the stage runs where {@link Connection#send} says.
     *
     * @return completes when its bytes are written to the socket of each or it has failed; never
     *     fails itself
     * @throws IllegalArgumentException if the type breaks a rule, or Jackson cannot write the data
     */
    CompletionStage<Delivery> send(String type, @Nullable Object data);

    /**
     * Closes each, after what was sent to it before.
     *
     * @param reason as for {@link Connection#close(CloseCode, String)}
     * @return how many were asked to close
     * @throws IllegalArgumentException as for {@link Connection#close(CloseCode, String)}
     */
    int close(CloseCode code, String reason);
  }

  /** Every open connection. */
  Recipients all();

  /** The open connections of one user; none is fine too. */
  Recipients forUser(String subject);

  /** A connection by its id. */
  Optional<Connection> find(String id);

  /** The open connections, as they are now. */
  List<Connection> list();

  /** How many are open. */
  int size();

  /** How reliable the heartbeat has been until now. */
  HeartbeatStats heartbeat();

  /**
   * Empties the endpoint before the server stops: refuses new connections, tells the open ones when
   * to come back, waits for their handlers and closes them with 1012. Call it before {@code stop()}
   * of an embedded server. PROTOCOL.md section 9.
   *
   * <p>What is attached to the stage runs where {@link Connection#send} says; each call gives a
   * stage of its own.
   *
   * @return completes when no connection is left, after at most 15 s, or when the endpoint stops
   */
  CompletionStage<Void> drain();

  /** True once {@link #drain()} was called. */
  boolean isDraining();
}
