package dev.drawbridge.endpoint.internal.receive;

import java.util.concurrent.TimeUnit;

/**
 * How long the handlers of one type took so far: whether the next one can be expected to return at
 * once. A guess, which may be wrong at any time. Thread-safe; counts that are lost between threads
 * do no harm.
 */
final class HandlerPace {
  /**
   * What takes less is quick: about what it costs to have another thread go on. A handler that asks
   * a cache or a database next door takes longer, and is to wait on a thread of its own.
   */
  static final long QUICK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  /** So many quick ones in a row make a type quick. */
  static final int TRUSTED = 32;

  /** The same for a type that was found blocking again and again. */
  static final int MAX_TRUSTED = 1 << 16;

  /** Of what nothing is known in advance. */
  static final HandlerPace UNKNOWN = new HandlerPace(Integer.MAX_VALUE);

  /** Quick ones in a row that it takes. */
  private volatile int wanted;

  /** Those that are still to come. */
  private volatile int left;

  HandlerPace() {
    this(TRUSTED);
  }

  private HandlerPace(int wanted) {
    this.wanted = wanted;
    this.left = wanted;
  }

  /** True if the next one is expected to return at once. */
  boolean isQuick() {
    return left <= 0;
  }

  /** One has returned after so many nanoseconds. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // A count that is lost does no harm.
  void took(long nanos) {
    if (this == UNKNOWN) {
      return;
    }
    int due = left;
    int trusted = wanted;
    if (nanos >= QUICK_NANOS) {
      left = trusted;
    } else if (due > 0) {
      left = due - 1;
    } else if (trusted > TRUSTED) {
      // Bygones, one by one.
      wanted = trusted - 1;
    }
  }

  /** One was expected to return at once, and others have waited for it. */
  void hasBlocked() {
    if (this != UNKNOWN) {
      int more = Math.min(MAX_TRUSTED, wanted * 2);
      wanted = more;
      left = more;
    }
  }
}
