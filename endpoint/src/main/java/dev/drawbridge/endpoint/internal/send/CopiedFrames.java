package dev.drawbridge.endpoint.internal.send;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frames that the transport has copied to write them with what comes next: who asks for them, and
 * since when the oldest waits. Guarded by its {@link SendQueue}, which has one only while there is
 * something in it.
 */
final class CopiedFrames {
  private final long sinceNanos;

  /** Null while nobody asks. */
  private @Nullable List<Receipt> receipts;

  CopiedFrames(QueuedFrame oldest) {
    this.sinceNanos = oldest.sinceNanos;
  }

  /** Since when the oldest was to be sent. */
  long sinceNanos() {
    return sinceNanos;
  }

  void add(QueuedFrame frame) {
    Receipt receipt = frame.takeReceipt();
    if (receipt != null) {
      if (receipts == null) {
        receipts = new ArrayList<>();
      }
      receipts.add(receipt);
    }
  }

  List<Receipt> receipts() {
    return receipts == null ? List.of() : receipts;
  }
}
