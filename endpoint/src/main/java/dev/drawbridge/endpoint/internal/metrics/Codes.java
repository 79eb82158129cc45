package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.util.HashSet;
import java.util.Set;

/** Keeps the values of labels bounded. Stateless. */
final class Codes {
  private static final Set<String> ERRORS = new HashSet<>();
  private static final Set<Integer> CLOSES = new HashSet<>();

  static {
    ERRORS.add(Attempt.SWALLOWED);
    for (CloseCode code : CloseCode.values()) {
      CLOSES.add(code.code());
    }
    for (ErrorCode code : ErrorCode.values()) {
      ERRORS.add(code.word());
    }
    for (RefusalCode code : RefusalCode.values()) {
      ERRORS.add(code.word());
    }
  }

  private Codes() {}

  /** An error's code, or {@code application} for one of its own. */
  static String error(String code) {
    return ERRORS.contains(code) ? code : "application";
  }

  /** A close code of RFC 6455 or of PROTOCOL.md section 6, or {@code other}: clients send any. */
  static String close(int code) {
    boolean known =
        (code >= 1000 && code <= 1015) || CLOSES.contains(code) || (code >= 4900 && code <= 4903);
    return known ? Integer.toString(code) : "other";
  }
}
