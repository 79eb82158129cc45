package dev.drawbridge.endpoint.internal.send;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Frames that wait until the transport has written those before them. Guarded by its {@link
 * SendQueue}, which has one only while something waits; once taken out of it, by whoever took it.
 */
final class WaitingFrames {
  private final ArrayDeque<QueuedFrame> frames = new ArrayDeque<>();
  private int bytes;

  /**
   * One more.
   *
   * @param first before all others
   */
  void add(QueuedFrame frame, boolean first) {
    bytes += frame.bytes();
    if (first) {
      frames.addFirst(frame);
    } else {
      frames.addLast(frame);
    }
  }

  /** Takes the next one out; null when none waits. */
  @Nullable QueuedFrame poll() {
    QueuedFrame next = frames.poll();
    if (next != null) {
      bytes -= next.bytes();
    }
    return next;
  }

  int size() {
    return frames.size();
  }

  /** UTF-8 bytes of all of them. */
  int bytes() {
    return bytes;
  }

  /** Tells all who ask that they will not be written. Called without the lock. */
  void fail(String why) {
    for (QueuedFrame frame : frames) {
      Receipt receipt = frame.takeReceipt();
      if (receipt != null) {
        receipt.failed(why);
      }
    }
  }
}
