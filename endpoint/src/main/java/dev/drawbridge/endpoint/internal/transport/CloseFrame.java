package dev.drawbridge.endpoint.internal.transport;

import java.nio.charset.StandardCharsets;

/** What RFC 6455 says of close frames. Stateless. Sections 5.5.1 and 7.1.5. */
public final class CloseFrame {
  /** Longest reason that fits a close frame, in UTF-8 bytes: 125 less the two of the code. */
  public static final int MAX_REASON_BYTES = 123;

  /** What a connection counts as that ended without a close frame; never sent. */
  public static final int ABNORMAL = 1006;

  private CloseFrame() {}

  /**
   * Cuts a reason so that it fits a close frame, never inside a character.
   *
   * @return the longest start of the reason that has at most {@value #MAX_REASON_BYTES} UTF-8
   *     bytes; an unpaired surrogate, which UTF-8 cannot write, counts and is sent as a question
   *     mark
   */
  public static String cutReason(String reason) {
    if (reason.length() <= MAX_REASON_BYTES / 3) {
      return reason;
    }
    int bytes = 0;
    int i = 0;
    while (i < reason.length()) {
      int point = reason.codePointAt(i);
      bytes += new String(Character.toChars(point)).getBytes(StandardCharsets.UTF_8).length;
      if (bytes > MAX_REASON_BYTES) {
        return reason.substring(0, i);
      }
      i += Character.charCount(point);
    }
    return reason;
  }
}
