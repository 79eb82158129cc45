package dev.drawbridge.endpoint;

import java.util.regex.Pattern;

/**
 * A handler's own "no": it becomes an error frame with the application's code. Has no stack trace,
 * because it is an answer and not a fault.
 */
public final class MessageRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9]*(_[a-z0-9]+)*");
  private static final int MAX_CODE_LENGTH = 64;

  private final String code;
  private final String text;

  /**
   * Refuses the message that is being handled.
   *
   * @param code lower snake case, 1 to 64 characters; the client's program reads it
   * @param text one sentence for people; it is sent as it is, so it holds nothing secret
   */
  public MessageRefused(String code, String text) {
    super(code + ": " + text, null, false, false);
    if (code.length() > MAX_CODE_LENGTH || !CODE.matcher(code).matches()) {
      throw new IllegalArgumentException(
          "code must be lower snake case, at most " + MAX_CODE_LENGTH + " characters: " + code);
    }
    this.code = code;
    this.text = text;
  }

  /** The application's code, lower snake case. */
  public String code() {
    return code;
  }

  /** The sentence for people. */
  public String text() {
    return text;
  }
}
