package dev.drawbridge.dropin;

import java.security.Principal;
import javax.websocket.OnMessage;
import javax.websocket.Session;
import javax.websocket.server.ServerEndpoint;

/** {@link EchoEndpoint} for the containers before Jakarta EE 9. */
@ServerEndpoint("/native")
public final class JavaxEchoEndpoint {
  @OnMessage
  public String echo(String text, Session session) {
    Principal user = session.getUserPrincipal();
    return (user == null ? "nobody" : user.getName()) + " says " + text;
  }
}
