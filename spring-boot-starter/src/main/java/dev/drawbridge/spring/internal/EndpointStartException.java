package dev.drawbridge.spring.internal;

/** The endpoint does not start, for a reason that somebody can mend. */
final class EndpointStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String action;

  /**
   * Says what and why.
   *
   * @param message the rule, then the value
   * @param action what to change, as sentences
   */
  EndpointStartException(String message, String action, Throwable cause) {
    super(message, cause);
    this.action = action;
  }

  /** What to change. */
  String action() {
    return action;
  }
}
