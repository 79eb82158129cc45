package dev.drawbridge.endpoint;

/** A frame was not written: the connection is closed, too slow, or broken. */
public final class SendFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says why. */
  public SendFailedException(String message) {
    // Thousands at once when a broadcast meets closing connections: no traces.
    super(message, null, false, false);
  }
}
