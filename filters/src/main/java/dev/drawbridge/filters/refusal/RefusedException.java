package dev.drawbridge.filters.refusal;

/** A check on the way to the endpoint refused the request. Carries why; has no stack trace. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Refusal refusal;

  /** Refuses with this. */
  public RefusedException(Refusal refusal) {
    // Refusals are answers, not faults: no cause that could hold a token, no trace to pay for.
    super(refusal.code().word(), null, false, false);
    this.refusal = refusal;
  }

  /** Refuses with this code and hint. */
  public RefusedException(RefusalCode code, String hint) {
    this(Refusal.of(code, hint));
  }

  /** Why. */
  public Refusal refusal() {
    return refusal;
  }
}
