package dev.drawbridge.doctor;

/** What ends an examination: a code of {@link Advice}, or of the server, and what was seen. */
final class Fault extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param detail what was seen, in words, without a token
   */
  Fault(String code, String detail) {
    super(detail, null, false, false);
    this.code = code;
  }

  String code() {
    return code;
  }

  String detail() {
    return String.valueOf(getMessage());
  }
}
