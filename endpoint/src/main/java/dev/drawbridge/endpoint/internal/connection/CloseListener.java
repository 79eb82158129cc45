package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import java.time.Duration;

/** Is told of each connection that was open and is over. Must be short and never block. */
@FunctionalInterface
public interface CloseListener {
  /**
   * Called once for each.
   *
   * @param quiet how long nothing had been sent or received
   */
  void closed(int code, String why, Initiator by, Duration age, Duration quiet);
}
