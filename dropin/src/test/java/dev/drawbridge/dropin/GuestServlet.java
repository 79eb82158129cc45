package dev.drawbridge.dropin;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;

/** The one class that an application adds: an endpoint that sends back what it gets. */
public final class GuestServlet extends DrawbridgeServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void configure(Endpoint.Builder endpoint) {
    endpoint.on("echo", JsonNode.class, (message, connection) -> message);
  }
}
