package com.example.shop;

import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import java.util.Map;

/** The one new class: what a page may ask over the WebSocket. */
public final class LiveServlet extends DrawbridgeServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void configure(Endpoint.Builder endpoint) {
    endpoint.on(
        "name.get",
        Void.class,
        (nothing, connection) -> Map.of("name", connection.user().displayName()));
  }
}
