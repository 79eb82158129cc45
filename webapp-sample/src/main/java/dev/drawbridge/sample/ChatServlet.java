package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;

/** The sample's endpoint: passes lines between users, and says back what it is told. */
public final class ChatServlet extends DrawbridgeServlet {
  private static final long serialVersionUID = 1L;

  private static final String CHAT_MESSAGE = "chat.message";

  @Override
  protected void configure(Endpoint.Builder endpoint) {
    chat(endpoint);
    if (environment().isDevelopment()) {
      DemoFaults.register(endpoint, this::getServletContext);
    }
  }

  /** Everything that the page may say and hear, faults on demand included. */
  void messages(Endpoint.Builder endpoint) {
    chat(endpoint);
    DemoFaults.register(endpoint, this::getServletContext);
  }

  private void chat(Endpoint.Builder endpoint) {
    endpoint.pushes(CHAT_MESSAGE, ChatMessage.class);
    endpoint
        .on("chat.send", ChatSend.class)
        .ack(ChatSent.class)
        .handle(
            (message, connection) -> {
              long now = environment().clock().millis();
              var receiver = connections().forUser(message.to());
              receiver.send(
                  CHAT_MESSAGE, new ChatMessage(connection.user().subject(), message.text(), now));
              return new ChatSent(now, receiver.size());
            });
    endpoint.on("echo", JsonNode.class, (data, connection) -> data);
  }
}
