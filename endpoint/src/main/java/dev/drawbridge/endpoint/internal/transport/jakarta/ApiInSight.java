package dev.drawbridge.endpoint.internal.transport.jakarta;

import dev.drawbridge.endpoint.internal.transport.Release;
import jakarta.servlet.ServletException;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.lang.reflect.Constructor;
import java.util.List;

/**
 * Whether the WebSocket API in sight is the one that the container calls. An older one in front of
 * it is found only when a text was sent, on a thread of the container that ends by it, and nobody
 * is told that the text is out. Stateless.
 */
final class ApiInSight {
  /** From there on its API is 2.2, whose results of sends know their session. */
  private static final List<Release> KNOWS_SESSIONS = List.of(new Release(11, 0, 0));

  private ApiInSight() {}

  /**
   * Checks it.
   *
   * @throws ServletException if it is older than Tomcat's own, with what to remove
   */
  static void check(JakartaContainer found) throws ServletException {
    Release release = found.release();
    if (found.kind() != JakartaContainer.Kind.TOMCAT
        || release == null
        || !release.isAtLeastOneOf(KNOWS_SESSIONS)) {
      return;
    }
    try {
      Constructor<SendResult> unused = SendResult.class.getConstructor(Session.class);
    } catch (NoSuchMethodException e) {
      throw new ServletException(
          "an older jakarta.websocket stands before Tomcat's own, so no text would be sent behind"
              + " the first one: remove jakarta.websocket-api and jakarta.websocket-client-api from"
              + " the class path: "
              + SendResult.class.getProtectionDomain().getCodeSource(),
          e);
    }
  }
}
