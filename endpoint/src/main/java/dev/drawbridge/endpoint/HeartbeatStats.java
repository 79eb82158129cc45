package dev.drawbridge.endpoint;

import java.util.OptionalDouble;
import java.util.concurrent.atomic.LongAdder;

/** How reliable the heartbeat of all connections is. Thread-safe. */
public final class HeartbeatStats {
  private final LongAdder sent = new LongAdder();
  private final LongAdder inTime = new LongAdder();
  private final LongAdder late = new LongAdder();

  HeartbeatStats() {}

  void sent() {
    sent.increment();
  }

  void withdrawn() {
    sent.decrement();
  }

  void answered(boolean isInTime) {
    (isInTime ? inTime : late).increment();
  }

  /** Pings sent, without those whose connection ended before their time was over. */
  public long pingsSent() {
    return sent.sum();
  }

  /** Pings answered within the grace. */
  public long answeredInTime() {
    return inTime.sum();
  }

  /** Pings answered later than that. */
  public long answeredLate() {
    return late.sum();
  }

  /** Pings answered in time of those sent, 0 to 1; empty before the first. */
  public OptionalDouble reliability() {
    long asked = pingsSent();
    return asked <= 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) answeredInTime() / asked);
  }

  @Override
  public String toString() {
    return String.format(
        "%d of %d in time, %d late", answeredInTime(), pingsSent(), answeredLate());
  }
}
