package dev.drawbridge.endpoint.internal.send;

import org.jspecify.annotations.Nullable;

/** One frame on its way through a {@link SendQueue}, which guards what changes of it. */
final class QueuedFrame {
  final EncodedMessage message;
  final long sinceNanos = System.nanoTime();

  /** The transport may copy it and write it with what comes next. Guarded by the queue. */
  boolean waits;

  /**
   * Null when nobody asks, or was told already. Guarded by the queue, or by whoever took it out.
   */
  private @Nullable Receipt receipt;

  QueuedFrame(EncodedMessage message, @Nullable Receipt receipt) {
    this.message = message;
    this.receipt = receipt;
  }

  int bytes() {
    return message.bytes();
  }

  /** Who asks; whoever takes the receipt is the one to tell. */
  @Nullable Receipt takeReceipt() {
    Receipt taken = receipt;
    receipt = null;
    return taken;
  }
}
