package dev.drawbridge.endpoint;

/** A message that is not in the log of the channels, or of which nobody knows. */
public final class PublishFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean certain;

  /** Says whether it is certain that it is not in the log. */
  public PublishFailedException(boolean certain) {
    super(
        certain
            ? "not published: what carries channels is out of reach"
            : "perhaps published: what carries channels has not answered");
    this.certain = certain;
  }

  /** True when it is certainly not published and never will be; else it may be, now or later. */
  public boolean isCertain() {
    return certain;
  }
}
