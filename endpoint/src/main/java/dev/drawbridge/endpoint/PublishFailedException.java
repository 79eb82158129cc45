package dev.drawbridge.endpoint;

/** A message that is not in the log of the channels, or of which nobody knows. */
public final class PublishFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean certain;

  /** Says whether it is certain that it is not in the log. */
  public PublishFailedException(boolean certain) {
    this(
        certain,
        certain
            ? "not published: what carries channels is out of reach"
            : "perhaps published: what carries channels has not answered");
  }

  private PublishFailedException(boolean certain, String message) {
    super(message);
    this.certain = certain;
  }

  /** Not published, because the web application has ended: a job of it still runs. */
  public static PublishFailedException stopped() {
    return new PublishFailedException(
        true, "not published: the endpoint has stopped; end the jobs of the application before it");
  }

  /** Not published, because as many as may wait for what carries channels do already. */
  public static PublishFailedException full() {
    return new PublishFailedException(
        true,
        "not published: DRAWBRIDGE_PUBLISH_QUEUE messages, or 4 Mi characters, wait already;"
            + " publish slower, or wait for the stages of earlier ones");
  }

  /** True when it is certainly not published and never will be; else it may be, now or later. */
  public boolean isCertain() {
    return certain;
  }
}
