package dev.drawbridge.endpoint.cluster;

/**
 * The head of the log as one read has found it. Immutable.
 *
 * @param epoch of the log
 * @param start position before the oldest entry that the log still holds, at most {@code top}
 * @param top number of the newest entry, 0 when there is none
 * @param identity of the process that has executed the read; another one means that continuity
 *     cannot be proved
 * @param readNanos when the read began, by {@link System#nanoTime}
 */
public record Head(String epoch, long start, long top, String identity, long readNanos) {

  /** Checks the numbers. */
  public Head {
    if (!Position.isEpoch(epoch)) {
      throw new IllegalArgumentException("not an epoch: " + epoch);
    }
    if (start < 0 || start > top || top > Position.MAX_SEQ) {
      throw new IllegalArgumentException(
          "start and top must be in order, from 0 to "
              + Position.MAX_SEQ
              + ": "
              + start
              + ", "
              + top);
    }
  }
}
