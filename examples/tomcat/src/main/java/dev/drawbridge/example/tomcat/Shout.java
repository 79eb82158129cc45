package dev.drawbridge.example.tomcat;

import jakarta.websocket.OnMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;

/**
 * An ordinary Jakarta endpoint, as an application has it before it knows of Drawbridge. It may rely
 * on its user: the filters let nobody else through. The subprotocol is what a browser offers beside
 * its token.
 */
@ServerEndpoint(value = "/shout", subprotocols = "drawbridge.v1")
public final class Shout {
  /** Answers in capitals. */
  @OnMessage
  public String shout(String text, Session session) {
    return session.getUserPrincipal().getName() + ": " + text.toUpperCase(java.util.Locale.ROOT);
  }
}
