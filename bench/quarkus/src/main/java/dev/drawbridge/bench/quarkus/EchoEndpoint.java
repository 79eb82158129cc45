package dev.drawbridge.bench.quarkus;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.security.Authenticated;
import io.quarkus.websockets.next.OnTextMessage;
import io.quarkus.websockets.next.WebSocket;
import io.smallrye.common.annotation.NonBlocking;

/**
 * An echo that reads a message into a record, looks at its type and its text, and answers with an
 * ack, on the event loop: the quickest that Quarkus has for a handler that does not block.
 */
@WebSocket(path = "/ws")
@Authenticated
public class EchoEndpoint {

  /** A message of the echo. */
  public record Message(String type, String id, JsonNode data) {}

  /** The answer to it. */
  public record Ack(String type, String id, JsonNode data) {}

  /** Answers with an ack; Quarkus ends the connection of who sends anything else. */
  @OnTextMessage
  @NonBlocking
  Ack message(Message message) {
    if (!"echo".equals(message.type())
        || message.data() == null
        || !message.data().path("text").isTextual()) {
      throw new IllegalArgumentException("no such message");
    }
    return new Ack("ack", message.id(), message.data());
  }
}
