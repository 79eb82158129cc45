package dev.drawbridge.endpoint;

import java.nio.charset.StandardCharsets;

/**
 * Close codes that the endpoint sends. Immutable. RFC 6455 section 7.4; the 4000 range is ours, see
 * PROTOCOL.md section 6.
 */
public enum CloseCode {
  NORMAL(1000),
  GOING_AWAY(1001),
  UNSUPPORTED_DATA(1003),
  MESSAGE_TOO_LARGE(1009),
  INTERNAL_ERROR(1011),
  DRAINING(1012),
  TRY_AGAIN_LATER(1013),
  TOO_MANY_INVALID_MESSAGES(4400),
  UNAUTHENTICATED(4401),
  FORBIDDEN(4403),
  RATE_LIMITED(4429),
  SLOW_CONSUMER(4510),
  HEARTBEAT_TIMEOUT(4511);

  /** Longest reason that fits a close frame, in UTF-8 bytes: 125 less the two of the code. */
  static final int MAX_REASON_BYTES = 123;

  private final int code;

  CloseCode(int code) {
    this.code = code;
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /**
   * Cuts a reason so that it fits a close frame, never inside a character.
   *
   * @return the longest start of the reason that has at most {@value #MAX_REASON_BYTES} UTF-8
   *     bytes; an unpaired surrogate, which UTF-8 cannot write, counts and is sent as a question
   *     mark
   */
  static String cutReason(String reason) {
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
