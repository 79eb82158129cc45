package dev.drawbridge.db;

import java.time.Duration;

/** One rule for time-outs: more than zero, and never shortened by rounding. */
final class Timeouts {
  private Timeouts() {}

  static Duration checked(Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw new DbStateException("a time-out must be more than zero: " + timeout, null);
    }
    return timeout;
  }

  /** JDBC knows whole seconds only; 0 would mean "no limit". */
  static int seconds(Duration timeout) {
    long seconds = timeout.getSeconds() + (timeout.getNano() > 0 ? 1 : 0);
    return (int) Math.min(Integer.MAX_VALUE, seconds);
  }
}
