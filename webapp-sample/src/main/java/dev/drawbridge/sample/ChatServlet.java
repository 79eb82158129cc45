package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;

/** The sample's endpoint: rooms, lines for one user, and an echo of what it is told. */
public final class ChatServlet extends DrawbridgeServlet {
  private static final long serialVersionUID = 1L;

  static final String CHAT_MESSAGE = "chat.message";
  static final String CHAT_TYPING = "chat.typing";

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
    endpoint.channel(Rooms.PREFIX, Rooms::rules);
    endpoint.pushes(CHAT_MESSAGE, ChatMessage.class);
    endpoint
        .on("chat.send", ChatSend.class)
        .ack(ChatSent.class)
        .handle(
            (message, connection) -> {
              long now = environment().clock().millis();
              ChatMessage line = new ChatMessage(connection.user().subject(), message.text(), now);
              int receivers = connections().forUser(message.to()).size();
              return Channels.of(getServletContext())
                  .publishToUser(message.to(), CHAT_MESSAGE, line)
                  .thenApply(position -> new ChatSent(now, receivers));
            });
    endpoint.on("echo", JsonNode.class, (data, connection) -> data);
  }
}
