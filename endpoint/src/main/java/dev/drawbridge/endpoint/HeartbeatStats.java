package dev.drawbridge.endpoint;

import java.util.OptionalDouble;

/**
 * How reliable the heartbeat of all connections is, as it is at the moment of asking. Thread-safe.
 */
public interface HeartbeatStats {
  /** Pings sent, without those whose connection ended before their time was over. */
  long pingsSent();

  /** Pings answered within the grace. */
  long answeredInTime();

  /** Pings answered later than that. */
  long answeredLate();

  /** Pings answered in time of those sent, 0 to 1; empty before the first. */
  default OptionalDouble reliability() {
    long asked = pingsSent();
    return asked <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) answeredInTime() / asked);
  }
}
