package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import jakarta.servlet.ServletContext;

/**
 * The door of this room: the only class that names what belongs to one EE beside what belongs to
 * the other, of which a server may have one. Stateless.
 */
public final class DirectWay {
  private DirectWay() {}

  /**
   * Opens it.
   *
   * @param ee11 true for EE 11, false for EE 10
   * @param others goes the way of the API
   * @throws LinkageError if the container hides its classes, as from a WAR
   */
  public static SocketUpgrade in(ServletContext context, boolean ee11, SocketUpgrade others) {
    Servlets servlets = ee11 ? new Ee11Servlets(context) : new Ee10Servlets(context);
    return new DirectUpgrade(context, servlets, others);
  }
}
