package dev.drawbridge.bench.load.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.websocket.CloseReason;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a team writes by itself in Tomcat, with the checks that ours makes: a list of origins, the
 * token by jose4j, one select for the user, and an {@code @ServerEndpoint} that limits the size and
 * the rate of messages, reads each into a record, looks at its type, its id and its data, and
 * answers by the value that it returns. No cache, no heartbeat, no bound on what waits to be sent.
 */
public final class HandWrittenInTomcat {
  private static final int MESSAGE_BYTES = 64 * 1024;
  private static final int MESSAGES_PER_SECOND = 1_000_000;
  private static final int ID_CHARACTERS = 64;

  private HandWrittenInTomcat() {}

  /** One connection; public because Tomcat reaches it by reflection. */
  @ServerEndpoint(value = "/ws", subprotocols = "drawbridge.v1")
  public static final class AckEndpoint {
    private long second;
    private int count;

    /** Answers with an ack; null closes. */
    @OnMessage(maxMessageSize = MESSAGE_BYTES)
    public @Nullable String message(String text, Session session) throws IOException {
      long now = System.nanoTime() / 1_000_000_000L;
      count = now == second ? count + 1 : 1;
      second = now;
      try {
        HandWritten.Message message = HandWritten.JSON.readValue(text, HandWritten.Message.class);
        if (count <= MESSAGES_PER_SECOND && isEcho(message)) {
          return HandWritten.JSON.writeValueAsString(
              new HandWritten.Ack("ack", message.id(), message.data()));
        }
      } catch (JsonProcessingException e) {
        // Closed below.
      }
      session.close(new CloseReason(CloseReason.CloseCodes.VIOLATED_POLICY, "no such message"));
      return null;
    }

    /** A client that is cut; without this method Tomcat logs a stack trace for each. */
    @OnError
    public void failed(Throwable cause) {}

    private static boolean isEcho(HandWritten.Message message) {
      return "echo".equals(message.type())
          && message.id() != null
          && !message.id().isEmpty()
          && message.id().length() <= ID_CHARACTERS
          && message.data() != null
          && message.data().path("text").isTextual();
    }
  }

  /** Starts the server and serves until it is stopped. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    HandWritten.TokenFilter token = HandWritten.filter(arguments);
    var server =
        InTomcat.start(
            arguments,
            context -> {
              // The last one that is put in front is the first one.
              map(context.addFilter("token", token), "/ws");
              map(context.addFilter("origin", new HandWritten.OriginFilter()), "/*");
            },
            AckEndpoint.class);
    Control.listen(Map.of());
    System.out.println("ready");
    server.await();
  }

  private static void map(FilterRegistration.Dynamic filter, String pattern) {
    filter.setAsyncSupported(true);
    filter.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, pattern);
  }
}
