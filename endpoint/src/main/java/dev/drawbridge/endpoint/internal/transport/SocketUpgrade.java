package dev.drawbridge.endpoint.internal.transport;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * How a request becomes a WebSocket in the container that is there. Implementations are
 * thread-safe.
 */
public interface SocketUpgrade {
  /**
   * Upgrades a request, and gives the socket to its owner. What is not acceptable to the container
   * it answers itself.
   *
   * @param request checked, and as plain as the container wants it
   * @return false if the request is no WebSocket handshake, and nothing was answered
   */
  boolean upgrade(HandshakeRequest request, HttpServletResponse response, TransportOwner owner)
      throws IOException;

  /** Which way the next connection takes. */
  TransportChoice transport();

  /** The endpoint has stopped, and all its connections were told to end: ends every thread. */
  default void stop() {
    // Most have none.
  }
}
