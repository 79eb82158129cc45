package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import org.jspecify.annotations.Nullable;

/**
 * What Jetty 12.0.x and 12.1.0 call: they tell of a close without a callback, and look for nothing
 * else. Later releases refuse a listener that has both. Public only because Jetty reaches listeners
 * by reflection; not for use.
 */
public final class OlderJettySocket extends JettySocket {
  OlderJettySocket(TransportOwner owner) {
    super(owner);
  }

  @Override
  @SuppressWarnings({"deprecation", "removal"})
  public void onWebSocketClose(int statusCode, @Nullable String reason) {
    closed(statusCode, reason);
  }
}
