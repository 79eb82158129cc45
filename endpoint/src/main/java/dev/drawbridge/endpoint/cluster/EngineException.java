package dev.drawbridge.endpoint.cluster;

/** The engine did not do what it was asked to. */
public class EngineException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is known of the call. */
  public enum Outcome {
    /** It has certainly had no effect, and will have none. */
    NOT_SENT,
    /** It may have had its effect, or may have it later. */
    UNKNOWN
  }

  private final Outcome outcome;

  /**
   * Says what went wrong.
   *
   * @param outcome what is known of the effect
   * @param message for the log and the diagnostics page; nothing secret, no address with a password
   */
  public EngineException(Outcome outcome, String message) {
    super(message);
    this.outcome = outcome;
  }

  /** The same with its cause. */
  public EngineException(Outcome outcome, String message, Throwable cause) {
    super(message, cause);
    this.outcome = outcome;
  }

  /** What is known of the call. */
  public final Outcome outcome() {
    return outcome;
  }
}
