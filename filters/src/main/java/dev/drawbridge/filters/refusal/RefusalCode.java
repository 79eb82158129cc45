package dev.drawbridge.filters.refusal;

import java.util.Locale;

/**
 * Every reason for which a request is refused: one word that stands alike in HTTP bodies, logs,
 * metrics and, for what can happen while connected, in frames and close reasons. Immutable. See
 * PROTOCOL.md section 3.
 */
public enum RefusalCode {
  CREDENTIALS_MALFORMED(
      400,
      Action.FIX_CLIENT,
      "The Bearer credential is not Bearer <token>",
      "send `Authorization: Bearer <token>`, one blank, nothing else"),
  CREDENTIALS_AMBIGUOUS(
      400,
      Action.FIX_CLIENT,
      "The request carries more than one credential",
      "send the token one way only: the Authorization header, the subprotocol entry or the cookie"),
  SUBPROTOCOL_MISSING(
      400,
      Action.FIX_CLIENT,
      "The token is offered without drawbridge.v1",
      "offer drawbridge.v1 beside the token: new WebSocket(url, ['drawbridge.v1',"
          + " 'drawbridge.bearer.' + token])"),
  SUBPROTOCOL_UNSUPPORTED(
      400,
      Action.FIX_CLIENT,
      "None of the offered subprotocols is known",
      "offer drawbridge.v1, or no subprotocol at all"),
  HANDSHAKE_INVALID(
      400,
      Action.FIX_CLIENT,
      "A header of the handshake is malformed",
      "send Sec-WebSocket-Key and Sec-WebSocket-Version once, and lists of tokens in"
          + " Sec-WebSocket-Protocol and Sec-WebSocket-Extensions, as browsers do"),
  TRANSPORT_DISABLED(
      401,
      Action.FIX_CLIENT,
      "The token came by a way that is off",
      "send the token by the Authorization header or the subprotocol; in dev mode"
          + " DRAWBRIDGE_JWT_QUERY_TOKEN switches this way on"),
  TOKEN_MISSING(
      401,
      Action.LOGIN,
      "The request carries no token",
      "log in first; a browser sends the token as subprotocol: createClient({ getToken })"),
  TOKEN_TOO_LARGE(
      401,
      Action.FIX_CLIENT,
      "The token is too long",
      "put fewer claims into the token, or raise DRAWBRIDGE_JWT_MAX_LENGTH and the header limits of"
          + " the container and of every proxy"),
  TOKEN_MALFORMED(
      401,
      Action.FIX_CLIENT,
      "The token is not a strict compact JWS",
      "send the compact JWS of the issuer unchanged: three parts of base64url, no quotes, no Bearer"
          + " in front; an encrypted token (JWE, five parts) cannot be read here"),
  TOKEN_HEADER_UNSUPPORTED(
      401,
      Action.FIX_CLIENT,
      "The token's header asks for what is not done",
      "let the issuer sign a plain JWS whose header has alg, kid and typ alone"),
  TOKEN_TYPE_INVALID(
      401,
      Action.FIX_CLIENT,
      "The token is of another type",
      "send an access token whose typ is absent, JWT or at+jwt: ID, refresh and proof tokens have"
          + " others, and so have access tokens that an issuer keeps for itself"),
  TOKEN_USE_INVALID(
      401,
      Action.FIX_CLIENT,
      "The token says that it is for another use",
      "send the access token, not an ID or refresh token; where people have ID tokens alone, set"
          + " DRAWBRIDGE_JWT_TOKEN_USE=id"),
  TOKEN_ALG_NOT_ALLOWED(
      401,
      Action.FIX_CONFIG,
      "The token's algorithm is not allowed",
      "let the issuer sign with an algorithm that the configured keys allow, or set"
          + " DRAWBRIDGE_JWT_ALGORITHMS to it"),
  TOKEN_KEY_UNKNOWN(
      401,
      Action.REFRESH_TOKEN,
      "The token's key is not in the key set",
      "fetch a new token; if it stays, the key set is not the issuer's: check"
          + " DRAWBRIDGE_JWT_JWKS_URL or DRAWBRIDGE_JWT_JWKS_FILE"),
  TOKEN_SIGNATURE_INVALID(
      401,
      Action.LOGIN,
      "The token's signature is wrong",
      "the key here is not the one that signed: compare DRAWBRIDGE_JWT_SECRET or the public key"
          + " with the issuer's, then log in again"),
  TOKEN_EXPIRED(
      401,
      Action.REFRESH_TOKEN,
      "The token has expired",
      "fetch a new token before each try: createClient({ getToken }) asks for it"),
  TOKEN_EXPIRY_MISSING(401, Action.FIX_ISSUER, "The token has no expiry", "let the issuer set exp"),
  TOKEN_LIFETIME_TOO_LONG(
      401,
      Action.FIX_ISSUER,
      "The token lives too long",
      "let the issuer shorten exp, which is in seconds and not in milliseconds, or raise"
          + " DRAWBRIDGE_JWT_MAX_LIFETIME"),
  TOKEN_NOT_YET_VALID(
      401,
      Action.CHECK_CLOCK,
      "The token is not valid yet",
      "set the clocks of issuer and server by NTP, up to DRAWBRIDGE_JWT_LEEWAY is forgiven; nbf and"
          + " iat are in seconds, not in milliseconds"),
  TOKEN_ISSUER_INVALID(
      401,
      Action.FIX_CONFIG,
      "The token has another issuer",
      "set DRAWBRIDGE_JWT_ISSUER to the exact iss of the tokens, with or without the last slash"),
  TOKEN_TENANT_INVALID(
      401,
      Action.FIX_CONFIG,
      "The token is of another tenant",
      "add the tid of the tenant to DRAWBRIDGE_JWT_TENANTS; iss and tid must name the same tenant"),
  TOKEN_AUDIENCE_INVALID(
      401,
      Action.FIX_CONFIG,
      "The token is for another audience",
      "set DRAWBRIDGE_JWT_AUDIENCE to an aud of the tokens, or let the issuer add it; where the"
          + " issuer writes none, DRAWBRIDGE_JWT_AUDIENCE_CLAIM can name azp or client_id"),
  TOKEN_SUBJECT_INVALID(
      401,
      Action.FIX_ISSUER,
      "The token has no usable subject",
      "let the issuer set sub to the id of the user, 1 to 255 characters, or name another claim in"
          + " DRAWBRIDGE_JWT_SUBJECT_CLAIM"),
  TOKEN_EMAIL_UNVERIFIED(
      401,
      Action.FIX_ISSUER,
      "The token's e-mail address is not verified",
      "let the issuer verify the address and set email_verified to true, or name another claim in"
          + " DRAWBRIDGE_JWT_SUBJECT_CLAIM"),
  TOKEN_ROLES_INVALID(
      401,
      Action.FIX_ISSUER,
      "The token's roles have a wrong form",
      "let DRAWBRIDGE_JWT_ROLES_CLAIM point to a text, an array of texts, or an object whose"
          + " members are the roles"),
  TOKEN_CLAIM_INVALID(
      401,
      Action.FIX_ISSUER,
      "A claim of the token has a wrong form",
      "let the issuer write exp, nbf and iat as numbers of seconds since 1970, iat not after exp,"
          + " and jti as text of 1 to 255 characters"),
  TOKEN_REVOKED(
      401,
      Action.LOGIN,
      "The token has been revoked",
      "log in again; the token or all older ones of this user were revoked"),
  USER_NOT_FOUND(
      401,
      Action.LOGIN,
      "The token is good, but there is no such user",
      "add the user, or check that the token's sub, or the claim that DRAWBRIDGE_JWT_SUBJECT_CLAIM"
          + " names, is the key of DRAWBRIDGE_USER_QUERY or app_user.subject"),
  USER_DISABLED(
      403,
      Action.CONTACT_ADMIN,
      "The user is disabled",
      "activate the user, or tell the person whom to ask"),
  ORIGIN_DENIED(
      403,
      Action.FIX_CONFIG,
      "The origin is not allowed",
      "add the origin of the page to WEBSOCKET_ALLOWED_ORIGINS, in dev mode to"
          + " DEV_WEBSOCKET_ORIGINS"),
  ORIGIN_REQUIRED(
      403,
      Action.FIX_CONFIG,
      "The request has no Origin",
      "send Origin, or set DRAWBRIDGE_REQUIRE_ORIGIN=false for native clients"),
  TOO_MANY_CONNECTIONS(
      429,
      Action.WAIT,
      "Too many connections",
      "close connections that are not used, often a page that opens a new one without closing the"
          + " old; or raise DRAWBRIDGE_CONNECTIONS_PER_USER or _MAX"),
  RATE_LIMITED(
      429,
      Action.WAIT,
      "Too many failed attempts",
      "wait as Retry-After says, and mend what fails: the log names the cause of each failed"
          + " attempt"),
  AUTH_UNAVAILABLE(
      503,
      Action.WAIT,
      "Users cannot be looked up now",
      "bring the database back or relieve it: GET /ws/health says which; clients try again by"
          + " themselves"),
  KEYS_UNAVAILABLE(
      503,
      Action.WAIT,
      "The keys of the tokens cannot be read now",
      "bring the key server of DRAWBRIDGE_JWT_JWKS_URL back, or let its keys fit"
          + " DRAWBRIDGE_JWT_ALGORITHMS; clients try again by themselves"),
  ISSUER_METADATA_INVALID(
      503,
      Action.WAIT,
      "The metadata of the issuer cannot be relied on",
      "let DRAWBRIDGE_JWT_ISSUER be exactly the issuer that the metadata names, served as JSON at"
          + " its own address without redirects; or set DRAWBRIDGE_JWT_JWKS_URL; clients try again"
          + " by themselves"),
  ISSUER_KEYS_SHARED(
      503,
      Action.WAIT,
      "The keys of the issuer are another issuer's too",
      "let each issuer have keys of its own: look at its jwks_uri, DRAWBRIDGE_JWT_ISSUERS_FILE and"
          + " the key files; the issuer that stands first goes on, and clients try again by"
          + " themselves"),
  DRAINING(
      503,
      Action.WAIT,
      "The server is shutting down",
      "nothing: the server is going down and clients come back to another or to the next start"),
  HANDSHAKE_FILTER_MISSING(
      500,
      Action.REPORT,
      "JwtHandshakeFilter is not in front of the endpoint",
      "map JwtHandshakeFilter to /ws and /ws/diagnose in web.xml, before the servlet"),
  INTERNAL(
      500,
      Action.REPORT,
      "Something failed inside the server",
      "look for the request id in the log: the trace stands there"),

  /** Answers of the routes beside the handshake. */
  NOT_FOUND(
      404,
      Action.FIX_CLIENT,
      "There is nothing here",
      "check the path: the endpoint serves /ws, /ws/config, /ws/diagnose and /ws/health"),
  METHOD_NOT_ALLOWED(
      405,
      Action.FIX_CLIENT,
      "The route does not take this method",
      "use the method that Allow names"),
  UPGRADE_REQUIRED(
      426,
      Action.FIX_CLIENT,
      "This route speaks WebSocket",
      "open a WebSocket; behind a proxy, forward Upgrade and Connection"),
  REQUEST_INVALID(
      400,
      Action.FIX_CLIENT,
      "The request's body does not fit the route",
      "send the JSON body that PROTOCOL.md names for this route"),
  DEV_TOKEN_UNAVAILABLE(
      409,
      Action.FIX_CONFIG,
      "This server signs no dev tokens",
      "with a public key or a key set, get a token from the issuer; with a secret of your own and"
          + " DRAWBRIDGE_DEV_KEY=off, take the secret away, or set DRAWBRIDGE_DEV_KEY=on and come"
          + " by the link in the log"),
  DEV_KEY_REQUIRED(
      403,
      Action.FIX_CLIENT,
      "This opens with the key of this start",
      "open the link that the server's log shows at its start: it begins with Diagnostics: and ends"
          + " with the key; a new start makes a new one"),
  LOGIN_REQUIRED(
      401,
      Action.LOGIN,
      "Nobody is logged in",
      "log in by the application's own login, then connect again; who is logged in and gets this"
          + " needs DRAWBRIDGE_SESSION_TOKEN_ATTRIBUTE, if the application keeps its user in the"
          + " session and has no principal"),
  SAME_ORIGIN_REQUIRED(
      403,
      Action.FIX_CLIENT,
      "Only a script of the application's own pages gets this",
      "fetch it by a script of a page of the same scheme, host and port: createClient({ getToken:"
          + " sessionToken() }); where the browser sends no Sec-Fetch-Site, as over plain http,"
          + " send X-Requested-With too"),
  SESSION_ID_IN_URL(
      400,
      Action.FIX_CLIENT,
      "The session comes from the address",
      "ask with the cookie of the session and without ;jsessionid= in the address, which whoever"
          + " made a link has chosen; set the tracking mode COOKIE in web.xml"),
  MANAGEMENT_TOKEN_INVALID(
      401,
      Action.FIX_CLIENT,
      "The management token is missing or wrong",
      "send `Authorization: Bearer` with the value of DRAWBRIDGE_MANAGEMENT_TOKEN; a user's token"
          + " does not open this route"),
  SETTINGS_INVALID(
      409,
      Action.FIX_CONFIG,
      "The settings cannot be reloaded",
      "mend each of the problems that the answer lists and reload again; nothing was changed, and"
          + " what was in force is in force");

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
  private final String fix;
  private final String word;

  RefusalCode(int status, Action action, String title, String fix) {
    this.status = status;
    this.action = action;
    this.title = title;
    this.fix = fix;
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

  /** What to change, in one phrase that holds nothing of the request: for logs and the guide. */
  public String fix() {
    return fix;
  }

  /** True where the same request may succeed later or with a fresh token. */
  public boolean isRetryable() {
    return action == Action.WAIT || action == Action.REFRESH_TOKEN;
  }
}
