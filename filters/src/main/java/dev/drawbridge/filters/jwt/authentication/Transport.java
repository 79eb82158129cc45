package dev.drawbridge.filters.jwt.authentication;

import java.util.Locale;

/** The ways by which a token can come. Immutable. */
public enum Transport {
  /** {@code Authorization: Bearer}. */
  AUTHORIZATION,
  /** An entry of {@code Sec-WebSocket-Protocol}, the browser's way. */
  SUBPROTOCOL,
  /** A cookie; the browser sends it unasked, so the origin must be known too. */
  COOKIE,
  /** {@code ?access_token=}, in dev mode only: addresses end up in logs. */
  QUERY;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** Lower case, as in discovery, logs and {@code Handshake.transport()}. */
  public String word() {
    return word;
  }
}
