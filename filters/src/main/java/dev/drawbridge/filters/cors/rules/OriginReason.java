package dev.drawbridge.filters.cors.rules;

import java.util.Locale;

/**
 * Why a request was refused by the origin rule, from a fixed set of words: they stand in the header
 * {@code X-Cors-Reason}, in the log and in metrics. Immutable.
 */
public enum OriginReason implements ParsedOrigin {
  /** {@code null}: a page without an origin. */
  NULL_ORIGIN,
  /** Empty, or no {@code scheme://host[:port]} at all. */
  MALFORMED,
  /** Longer than {@value Origin#MAX_LENGTH} characters. */
  TOO_LONG,
  /** A character above {@code ~}; browsers send international names as {@code xn--}. */
  NOT_ASCII,
  /** A control character. */
  CONTROL_CHARACTER,
  /** More than one line, or a blank or comma in the one value. */
  MULTIPLE,
  /** A scheme other than http and https, of a packaged application that is not listed. */
  SCHEME,
  /** A user or password in front of the host. */
  USER_INFO,
  /** Something behind the authority: {@code /}, {@code \}, {@code ?} or {@code #}. */
  PATH,
  /** A host that ends in a dot. */
  TRAILING_DOT,
  /** A port that is empty, has a leading zero or is not in [1, 65535]. */
  PORT,
  /** A good origin that no entry of the list allows. */
  NOT_LISTED,
  /** The {@code Host} of the request is foreign to this server in dev mode (DNS rebinding). */
  HOST,
  /** A handshake without {@code Origin} where the settings require one. */
  MISSING;

  private final String word = name().toLowerCase(Locale.ROOT).replace('_', '-');

  /** Lower case with hyphens, such as {@code not-listed}. */
  public String word() {
    return word;
  }
}
