package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.HeartbeatStats;
import java.util.concurrent.atomic.LongAdder;

/** Counts the pings of all connections and their answers. Thread-safe. */
public final class HeartbeatCounts implements HeartbeatStats {
  private final LongAdder sent = new LongAdder();
  private final LongAdder inTime = new LongAdder();
  private final LongAdder late = new LongAdder();

  public void sent() {
    sent.increment();
  }

  void withdrawn() {
    sent.decrement();
  }

  public void answered(boolean isInTime) {
    (isInTime ? inTime : late).increment();
  }

  @Override
  public long pingsSent() {
    return sent.sum();
  }

  @Override
  public long answeredInTime() {
    return inTime.sum();
  }

  @Override
  public long answeredLate() {
    return late.sum();
  }

  @Override
  public String toString() {
    return String.format(
        "%d of %d in time, %d late", answeredInTime(), pingsSent(), answeredLate());
  }
}
