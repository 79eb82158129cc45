package dev.drawbridge.dropin;

import jakarta.websocket.OnMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.security.Principal;

/** An endpoint of the container's own WebSocket: says who it thinks is there. */
@ServerEndpoint("/native")
public final class EchoEndpoint {
  @OnMessage
  public String echo(String text, Session session) {
    Principal user = session.getUserPrincipal();
    return (user == null ? "nobody" : user.getName()) + " says " + text;
  }
}
