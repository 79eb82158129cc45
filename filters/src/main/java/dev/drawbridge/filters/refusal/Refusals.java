package dev.drawbridge.filters.refusal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.filters.log.Printable;
import dev.drawbridge.filters.settings.UserInfo;
import java.net.URI;
import java.util.Collection;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Builds the refusals of this package and the texts inside their hints. Stateless. */
public final class Refusals {

  private static final int MAX_SHOWN_CHARS = 64;
  private static final int MAX_ADDRESS_CHARS = 200;

  /** Of a value that is longer nobody looks for a password behind this; less is shown anyway. */
  private static final int MAX_SEARCHED_CHARS = 4096;

  private Refusals() {}

  /** A refusal with the exact mismatch and what to change; only dev mode shows the hint. */
  public static RefusedException refuse(RefusalCode code, String hint) {
    return new RefusedException(code, hint);
  }

  /**
   * A value from a token or a setting for a hint or a log line: printable ASCII, at most 64
   * characters, nothing that could end a text in quotes before its end, and of an address neither
   * user name nor password.
   */
  public static String shown(String value) {
    String masked =
        UserInfo.masked(value.substring(0, Math.min(value.length(), MAX_SEARCHED_CHARS)));
    int end = Math.min(masked.length(), MAX_SHOWN_CHARS);
    return String.valueOf(Printable.word(masked.substring(0, end), MAX_SHOWN_CHARS))
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
