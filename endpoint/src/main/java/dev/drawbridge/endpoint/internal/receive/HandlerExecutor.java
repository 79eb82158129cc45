package dev.drawbridge.endpoint.internal.receive;

/** Where handlers run. Thread-safe. */
public interface HandlerExecutor {
  /** What is told when a handler does not return at once, though that was expected. */
  interface Expectation {
    /** Must not block, and runs while the handler does. */
    void failed();
  }

  /**
   * Runs a piece of work that may block.
   *
   * @return false when the endpoint is stopped
   */
  boolean execute(Runnable work);

  /**
   * Runs a piece of work that does not block but between {@link #enter} and {@link #leave}: others
   * may wait until it is over.
   *
   * @return false when the endpoint is stopped
   */
  default boolean executeTurn(Runnable turn) {
    return execute(turn);
  }

  /** Runs a piece of work that must not be left out: on this thread if the endpoint is stopped. */
  void executeAnyway(Runnable work);

  /**
   * The current thread, which runs a turn, goes into a handler, until what it returns is written.
   *
   * @param quick true if it is expected to return at once; else another thread takes what waits
   * @param expectation told when it does not
   */
  default void enter(boolean quick, Expectation expectation) {
    // Where each turn has a thread of its own nobody waits.
  }

  /** It is back. */
  default void leave() {
    // As above.
  }

  /** A thread is inside of a handler that is late: another one takes its place. */
  void stuck();

  /** It has come back. */
  void freed();
}
