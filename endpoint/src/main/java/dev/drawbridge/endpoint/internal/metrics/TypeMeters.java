package dev.drawbridge.endpoint.internal.metrics;

/** What is measured of one registered message type. Thread-safe. */
public interface TypeMeters {
  /** How the handling of a message ended. */
  enum Outcome {
    OK,
    /** The application's own refusal. */
    REFUSED,
    FAILED,
    TIMEOUT
  }

  /** Measures nothing. */
  TypeMeters NONE =
      new TypeMeters() {
        @Override
        public void received() {
          // Off.
        }

        @Override
        public void handled(Outcome outcome, long startedNanos) {
          // Off.
        }
      };

  /** A message of the type came. */
  void received();

  /**
   * A handler is done with one.
   *
   * @param startedNanos {@link System#nanoTime()} when it began
   */
  void handled(Outcome outcome, long startedNanos);
}
