package dev.drawbridge.example.springboot.tomcat;

import java.io.IOException;
import java.security.Principal;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.springframework.web.socket.SubProtocolCapable;
import org.springframework.web.socket.TextMessage;
import org.springframework.web.socket.WebSocketSession;
import org.springframework.web.socket.handler.TextWebSocketHandler;

/**
 * A handler of Spring's, as an application has it before it knows of Drawbridge. It may rely on its
 * user: the filters let nobody else through. The subprotocol is what a browser offers beside its
 * token.
 */
final class ShoutHandler extends TextWebSocketHandler implements SubProtocolCapable {
  @Override
  public List<String> getSubProtocols() {
    return List.of("drawbridge.v1");
  }

  @Override
  protected void handleTextMessage(WebSocketSession session, TextMessage message)
      throws IOException {
    Principal user = Objects.requireNonNull(session.getPrincipal());
    session.sendMessage(
        new TextMessage(user.getName() + ": " + message.getPayload().toUpperCase(Locale.ROOT)));
  }
}
