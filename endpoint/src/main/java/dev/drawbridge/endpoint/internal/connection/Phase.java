package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.ConnectionClose;
import org.jspecify.annotations.Nullable;

/**
 * The state of a connection and when it began, or was forgiven: read as one, so that no time is of
 * another state. Immutable.
 *
 * @param ending how it ends; null while it is open
 */
record Phase(State state, long sinceNanos, @Nullable ConnectionClose ending) {

  /**
   * Where a connection is.
   *
   * <pre>
   *             opened by           closed by
   *            the container       this server
   *   OPENING ---------------> OPEN ----------> CLOSING
   *      |                      |                  |
   *      | not upgraded,        | the client's     | its answer, or
   *      | too late             | close, a cut     | none in time
   *      +----------------------+------------------+-------> ENDED
   * </pre>
   */
  enum State {
    /** Admitted, not upgraded yet. */
    OPENING,
    OPEN,
    /** No more application frames; what is left is written, then the close. */
    CLOSING,
    /** Removed from every index. */
    ENDED
  }

  Phase restarted(long nowNanos) {
    return new Phase(state, nowNanos, ending);
  }

  /** Only the first ending counts. */
  Phase ended(long nowNanos, ConnectionClose how) {
    return state == State.ENDED
        ? this
        : new Phase(State.ENDED, nowNanos, ending == null ? how : ending);
  }
}
