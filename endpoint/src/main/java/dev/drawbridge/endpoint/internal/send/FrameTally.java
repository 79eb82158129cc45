package dev.drawbridge.endpoint.internal.send;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the frames of all connections since the start, pings included. Dev mode only. Thread-safe.
 */
public final class FrameTally {
  private final LongAdder received = new LongAdder();
  private final LongAdder sent = new LongAdder();

  void countReceived() {
    received.increment();
  }

  void countSent() {
    sent.increment();
  }

  /** Text messages of clients, also those that are none of the protocol. */
  public long received() {
    return received.sum();
  }

  /** Text messages that are on their way to clients or there. */
  public long sent() {
    return sent.sum();
  }
}
