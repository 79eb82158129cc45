package dev.drawbridge.doctor.wire;

/** What ends an examination: a code of {@code advice.json}, or of the server, and what was seen. */
public final class Fault extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param detail what was seen, in words, without a token
   */
  public Fault(String code, String detail) {
    super(detail, null, false, false);
    this.code = code;
  }

  public String code() {
    return code;
  }

  public String detail() {
    return String.valueOf(getMessage());
  }

  /** The same with more words. */
  public Fault and(String more) {
    return more.isEmpty() ? this : new Fault(code, detail() + "; " + more);
  }
}
