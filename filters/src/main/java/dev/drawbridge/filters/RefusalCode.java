package dev.drawbridge.filters;

import java.util.Locale;

/**
 * Every reason for which a request is refused: one word that stands alike in HTTP bodies, logs,
 * metrics and, for what can happen while connected, in frames and close reasons. Immutable. See
 * PROTOCOL.md section 3.
 */
public enum RefusalCode {
  CREDENTIALS_MALFORMED(400, Action.FIX_CLIENT, "The Authorization header is not Bearer <token>"),
  CREDENTIALS_AMBIGUOUS(400, Action.FIX_CLIENT, "The request carries more than one credential"),
  SUBPROTOCOL_MISSING(400, Action.FIX_CLIENT, "The token is offered without drawbridge.v1"),
  SUBPROTOCOL_UNSUPPORTED(400, Action.FIX_CLIENT, "None of the offered subprotocols is known"),
  TRANSPORT_DISABLED(401, Action.FIX_CLIENT, "The token came by a way that is off"),
  TOKEN_MISSING(401, Action.LOGIN, "The request carries no token"),
  TOKEN_TOO_LARGE(401, Action.FIX_CLIENT, "The token is too long"),
  TOKEN_MALFORMED(401, Action.FIX_CLIENT, "The token is not a strict compact JWS"),
  TOKEN_HEADER_UNSUPPORTED(401, Action.FIX_CLIENT, "The token's header asks for what is not done"),
  TOKEN_TYPE_INVALID(401, Action.FIX_CLIENT, "The token is of another type"),
  TOKEN_ALG_NOT_ALLOWED(401, Action.FIX_CONFIG, "The token's algorithm is not allowed"),
  TOKEN_KEY_UNKNOWN(401, Action.REFRESH_TOKEN, "The token's key is not in the key set"),
  TOKEN_SIGNATURE_INVALID(401, Action.LOGIN, "The token's signature is wrong"),
  TOKEN_EXPIRED(401, Action.REFRESH_TOKEN, "The token has expired"),
  TOKEN_EXPIRY_MISSING(401, Action.FIX_ISSUER, "The token has no expiry"),
  TOKEN_LIFETIME_TOO_LONG(401, Action.FIX_ISSUER, "The token lives too long"),
  TOKEN_NOT_YET_VALID(401, Action.CHECK_CLOCK, "The token is not valid yet"),
  TOKEN_ISSUER_INVALID(401, Action.FIX_CONFIG, "The token has another issuer"),
  TOKEN_AUDIENCE_INVALID(401, Action.FIX_CONFIG, "The token is for another audience"),
  TOKEN_SUBJECT_INVALID(401, Action.FIX_ISSUER, "The token has no usable subject"),
  TOKEN_CLAIM_INVALID(401, Action.FIX_ISSUER, "A time claim of the token is not a number"),
  TOKEN_REVOKED(401, Action.LOGIN, "The token has been revoked"),
  USER_NOT_FOUND(401, Action.LOGIN, "The token is good, but there is no such user"),
  USER_DISABLED(403, Action.CONTACT_ADMIN, "The user is disabled"),
  ORIGIN_DENIED(403, Action.FIX_CONFIG, "The origin is not allowed"),
  ORIGIN_REQUIRED(403, Action.FIX_CONFIG, "The request has no Origin"),
  TOO_MANY_CONNECTIONS(429, Action.WAIT, "Too many connections"),
  RATE_LIMITED(429, Action.WAIT, "Too many failed attempts"),
  AUTH_UNAVAILABLE(503, Action.WAIT, "Users cannot be looked up now"),
  KEYS_UNAVAILABLE(503, Action.WAIT, "The keys of the tokens cannot be read now"),
  DRAINING(503, Action.WAIT, "The server is shutting down"),
  HANDSHAKE_FILTER_MISSING(
      500, Action.REPORT, "JwtHandshakeFilter is not in front of the endpoint"),
  INTERNAL(500, Action.REPORT, "Something failed inside the server"),

  /** Answers of the routes beside the handshake. */
  NOT_FOUND(404, Action.FIX_CLIENT, "There is nothing here"),
  METHOD_NOT_ALLOWED(405, Action.FIX_CLIENT, "The route does not take this method"),
  UPGRADE_REQUIRED(426, Action.FIX_CLIENT, "This route speaks WebSocket"),
  REQUEST_INVALID(400, Action.FIX_CLIENT, "The request's body does not fit the route"),
  DEV_TOKEN_UNAVAILABLE(409, Action.FIX_CONFIG, "Tokens cannot be signed with a public key");

  /** What the receiver of a refusal can do about it. */
  public enum Action {
    FIX_CLIENT,
    FIX_CONFIG,
    FIX_ISSUER,
    LOGIN,
    REFRESH_TOKEN,
    CHECK_CLOCK,
    CONTACT_ADMIN,
    WAIT,
    REPORT;

    /** Lower snake case, as in bodies. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final int status;
  private final Action action;
  private final String title;
  private final String word;

  RefusalCode(int status, Action action, String title) {
    this.status = status;
    this.action = action;
    this.title = title;
    this.word = name().toLowerCase(Locale.ROOT);
  }

  /** The code as it stands everywhere outside Java: lower snake case. */
  public String word() {
    return word;
  }

  /** HTTP status, 400 to 503. */
  public int status() {
    return status;
  }

  /** What to do about it. */
  public Action action() {
    return action;
  }

  /** One sentence for people, the same for every request. */
  public String title() {
    return title;
  }

  /** True where the same request may succeed later or with a fresh token. */
  public boolean isRetryable() {
    return action == Action.WAIT || action == Action.REFRESH_TOKEN;
  }
}
