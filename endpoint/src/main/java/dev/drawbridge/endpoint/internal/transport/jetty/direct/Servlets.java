package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import jakarta.servlet.ServletRequest;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.websocket.api.Configurable;
import org.eclipse.jetty.websocket.api.WebSocketContainer;

/**
 * What of Jetty differs between EE 10 and EE 11 only in its package. Implementations are immutable.
 */
interface Servlets {
  /** The web application. */
  ContextHandler context();

  /** Of its WebSockets. */
  WebSocketContainer container();

  /** What is set there for all of them. */
  Configurable limits();

  /** Jetty's own request below one of servlets. */
  Request request(ServletRequest request);

  /** The answer to what {@link #request} has given. */
  Response response(Request request);
}
