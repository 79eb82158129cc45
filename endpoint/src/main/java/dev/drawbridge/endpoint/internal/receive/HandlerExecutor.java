package dev.drawbridge.endpoint.internal.receive;

/** Where handlers run. Thread-safe. */
public interface HandlerExecutor {
  /**
   * Runs a piece of work.
   *
   * @return false when the endpoint is stopped
   */
  boolean execute(Runnable work);

  /** Runs a piece of work that must not be left out: on this thread if the endpoint is stopped. */
  void executeAnyway(Runnable work);

  /** A thread is inside of a handler that is late: another one takes its place. */
  void stuck();

  /** It has come back. */
  void freed();
}
