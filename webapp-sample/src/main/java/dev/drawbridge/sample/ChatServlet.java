package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;

/** The sample's endpoint: passes lines between users, and says back what it is told. */
public final class ChatServlet extends DrawbridgeServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void configure(Endpoint.Builder endpoint) {
    endpoint.on(
        "chat.send",
        ChatSend.class,
        (message, connection) -> {
          long now = runtime().clock().millis();
          var receiver = connections().forUser(message.to());
          receiver.send(
              "chat.message", new ChatMessage(connection.user().subject(), message.text(), now));
          return new ChatSent(now, receiver.size());
        });
    endpoint.on("echo", JsonNode.class, (data, connection) -> data);
    if (runtime().mode().isDevelopment()) {
      DemoFaults.register(endpoint, runtime());
    }
  }
}
