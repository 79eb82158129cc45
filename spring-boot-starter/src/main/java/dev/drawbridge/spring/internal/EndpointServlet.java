package dev.drawbridge.spring.internal;

import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import jakarta.servlet.ServletException;

/** The endpoint whose message types come from beans. As thread-safe as what it extends. */
final class EndpointServlet extends DrawbridgeServlet {
  private static final long serialVersionUID = 1L;
  private final transient HandlerBeans handlers;

  EndpointServlet(HandlerBeans handlers) {
    this.handlers = handlers;
  }

  @Override
  protected void configure(Endpoint.Builder endpoint) {
    for (HandlerBeans.Handler handler : handlers.ordered()) {
      try {
        handler.registers().accept(endpoint);
      } catch (IllegalArgumentException | IllegalStateException e) {
        throw new EndpointStartException(
            "the bean '"
                + handler.name()
                + "' (Consumer<Endpoint.Builder>) registers what the endpoint refuses: "
                + e.getMessage(),
            "Mend that bean: types and channels are registered once, by names that PROTOCOL.md"
                + " sections 4 and 11 allow.",
            e);
      }
    }
  }

  /** A container only knows that a servlet has failed; this says it to the application. */
  @Override
  public void init() throws ServletException {
    try {
      super.init();
    } catch (ServletException e) {
      throw new EndpointStartException(
          String.valueOf(e.getMessage()),
          "The endpoint needs the WebSocket of its container, which Boot's starters bring: for"
              + " Tomcat tomcat-embed-websocket, for Jetty jetty-ee10-websocket-jetty-server (in"
              + " Boot 4 jetty-ee11-websocket-jetty-server), for Undertow undertow-websockets-jsr."
              + " Look whether one of these is excluded.",
          e);
    }
  }
}
