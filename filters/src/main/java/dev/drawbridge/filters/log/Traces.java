package dev.drawbridge.filters.log;

/** Makes the trace of an unforeseen failure fit for the log. Stateless. */
public final class Traces {
  private Traces() {}

  /** The same place without its message, which could quote the token it stumbled over. */
  public static Throwable withoutMessage(Throwable failure) {
    Throwable clean = new Throwable(failure.getClass().getName());
    clean.setStackTrace(failure.getStackTrace());
    return clean;
  }
}
