package dev.drawbridge.endpoint.internal.transport.jetty;

import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import org.jspecify.annotations.Nullable;

/** Jetty by its API for applications, whichever EE it has. */
public interface ApiUpgrade extends SocketUpgrade {
  /**
   * The same for another reason to go this way.
   *
   * @param quicker what to do to get the quicker way; null when somebody has asked for this one
   */
  ApiUpgrade because(String why, @Nullable String quicker);
}
