package dev.drawbridge.spring.internal;

import org.jspecify.annotations.Nullable;

/** The endpoint does not start, for a reason that somebody can mend. */
final class EndpointStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String action;

  /**
   * Says what and why.
   *
   * @param message the rule, then the value
   * @param action what to change, as sentences
   * @param cause null where nothing has failed yet
   */
  EndpointStartException(String message, String action, @Nullable Throwable cause) {
    super(message, cause);
    this.action = action;
  }

  /** What to change. */
  String action() {
    return action;
  }
}
