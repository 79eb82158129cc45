package dev.drawbridge.example.springboot.jetty;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;

/** The WebSocket: sends back what it gets. */
final class ChatServlet extends DrawbridgeServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void configure(Endpoint.Builder endpoint) {
    endpoint.on("echo", JsonNode.class, (message, connection) -> message);
  }
}
