package dev.drawbridge.endpoint.internal.transport;

import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

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

  /** A way through the container without a socket; null where there is none. */
  default @Nullable Loopback loopback() {
    return null;
  }

  /** The endpoint has stopped, and all its connections were told to end: ends every thread. */
  default void stop() {
    // Most have none.
  }
}
