package dev.drawbridge.endpoint.internal.metrics;

import org.jspecify.annotations.Nullable;

/** What one endpoint can say of itself when it is asked. Thread-safe. */
public interface Figures {

  /**
   * How much waits in the queues of all connections.
   *
   * @param toSend frames
   * @param longestToSend frames of the connection that has most
   * @param toHandle messages
   */
  record Queues(int toSend, int longestToSend, int toHandle) {}

  /** What its channels say; null before they are there. */
  @Nullable ChannelReadings channels();

  /** Open connections. */
  int connections();

  /** Walks through all connections. */
  Queues queues();

  /**
   * Pings sent since the start, without those whose connection ended before their time was over.
   */
  long pingsSent();

  /** Pings answered within the grace, since the start. */
  long pingsAnsweredInTime();

  /** Pings answered later, since the start. */
  long pingsAnsweredLate();
}
