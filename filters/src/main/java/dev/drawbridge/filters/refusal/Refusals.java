package dev.drawbridge.filters.refusal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.filters.log.Printable;
import java.net.URI;
import java.util.Collection;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Builds the refusals of this package and the texts inside their hints. Stateless. */
public final class Refusals {

  private static final int MAX_SHOWN_CHARS = 64;
  private static final int MAX_ADDRESS_CHARS = 200;

  private Refusals() {}

  /** A refusal with the exact mismatch and what to change; only dev mode shows the hint. */
  public static RefusedException refuse(RefusalCode code, String hint) {
    return new RefusedException(code, hint);
  }

  /**
   * A value from a token for a hint or a log line: printable ASCII, at most 64 characters, and
   * nothing that could end a text in quotes before its end.
   */
  public static String shown(String value) {
    int end = Math.min(value.length(), MAX_SHOWN_CHARS);
    return String.valueOf(Printable.word(value.substring(0, end), MAX_SHOWN_CHARS))
        .replace('"', '\'')
        .replace('\\', '?');
  }

  /** The same of a token whose signature nobody has looked at, which it says. */
  public static String unverified(String value) {
    return shown(value) + " (unverified)";
  }

  /** The same of a claim of any form, null when it is absent. */
  public static String unverifiedClaim(@Nullable JsonNode claim) {
    return shownClaim(claim) + " (unverified)";
  }

  /** The same of a claim of any form, null when it is absent. */
  public static String shownClaim(@Nullable JsonNode claim) {
    return claim == null
        ? "absent"
        : shown(claim.isTextual() ? claim.textValue() : claim.toString());
  }

  /** Where a server was asked: without user name, query and fragment. */
  public static String address(URI url) {
    String shown =
        url.getScheme()
            + "://"
            + url.getHost()
            + (url.getPort() < 0 ? "" : ":" + url.getPort())
            + url.getRawPath();
    return String.valueOf(Printable.word(shown, MAX_ADDRESS_CHARS));
  }

  public static String sorted(Collection<String> values) {
    return new TreeSet<>(values).toString();
  }
}
