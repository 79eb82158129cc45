package dev.drawbridge.filters.refusal;

import dev.drawbridge.filters.log.Printable;
import java.util.Collection;
import java.util.TreeSet;

/** Builds the refusals of this package and the texts inside their hints. Stateless. */
public final class Refusals {

  private static final int MAX_SHOWN_CHARS = 64;

  private Refusals() {}

  /** A refusal with the exact mismatch and what to change; only dev mode shows the hint. */
  public static RefusedException refuse(RefusalCode code, String hint) {
    return new RefusedException(code, hint);
  }

  /** A value from a token for a hint or a log line: printable ASCII, at most 64 characters. */
  public static String shown(String value) {
    int end = Math.min(value.length(), MAX_SHOWN_CHARS);
    return String.valueOf(Printable.word(value.substring(0, end), MAX_SHOWN_CHARS));
  }

  public static String sorted(Collection<String> values) {
    return new TreeSet<>(values).toString();
  }
}
