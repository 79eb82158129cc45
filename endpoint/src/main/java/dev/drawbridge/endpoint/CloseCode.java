package dev.drawbridge.endpoint;

import java.util.List;

/**
 * Close codes that the endpoint sends, and two that an application does: 1011 and 1013, which the
 * endpoint itself has only for a transport that fails or is given more than may wait, and for a
 * user with too many connections on all servers. Immutable. RFC 6455 section 7.4; the 4000 range is
 * ours, see PROTOCOL.md section 6.
 */
@SuppressWarnings("ImmutableEnumChecker") // List.of() never changes.
public enum CloseCode {
  NORMAL(
      1000,
      "the endpoint or the page has closed it on purpose",
      "nothing; the client does not come back by itself"),
  GOING_AWAY(
      1001,
      "the server stops",
      "nothing; clients reconnect. Call Connections.drain() before the stop to do it in order"),
  UNSUPPORTED_DATA(
      1003,
      "the client has sent a binary message",
      "send text: JSON.stringify",
      "message_not_text"),
  MESSAGE_TOO_LARGE(
      1009,
      "the client has sent a message over the limit",
      "send smaller messages, or raise DRAWBRIDGE_MAX_MESSAGE_BYTES",
      "message_too_large"),
  INTERNAL_ERROR(
      1011,
      "the application gives up the connection after a failure of its own",
      "look for the connection id in the log"),
  DRAINING(
      1012,
      "the server is being emptied before its stop",
      "nothing; clients come back when they were told to",
      "draining"),
  TRY_AGAIN_LATER(
      1013,
      "the application asks clients to stay away for a while, or the user has more connections on"
          + " all servers than DRAWBRIDGE_CONNECTIONS_PER_USER, as was found when the engine was"
          + " back",
      "nothing; clients come back after a long back-off",
      "try_again_later",
      "too_many_connections"),
  TOO_MANY_INVALID_MESSAGES(
      4400,
      "ten messages within ten seconds broke the protocol",
      "mend the client: each one was answered by an error that names the rule",
      "too_many_invalid_messages"),
  UNAUTHENTICATED(
      4401,
      "the token has expired or was revoked, its key was taken away, or the HTTP session has ended",
      "let getToken return a fresh token; the client of this project asks for it before the expiry",
      "token_expired",
      "token_revoked",
      "session_ended",
      "token_key_unknown"),
  FORBIDDEN(
      4403,
      "the user was disabled or deleted, or sent the token of another, or the page's origin is not"
          + " allowed any more",
      "activate the user, or log in again; or bring the origin back into WEBSOCKET_ALLOWED_ORIGINS",
      "user_disabled",
      "user_not_found",
      "principal_changed",
      "origin_denied"),
  REPLACED(
      4409,
      "the same client has opened another connection in its place",
      "nothing; a page that sees it on its only connection has shown its connection id to another",
      "replaced"),
  RATE_LIMITED(
      4429,
      "the client kept sending faster than the limit for ten seconds",
      "send less, or raise DRAWBRIDGE_MESSAGES_PER_SECOND",
      "rate_limited"),
  SLOW_CONSUMER(
      4510,
      "the client does not read as fast as the server sends",
      "send less to it, or raise DRAWBRIDGE_SEND_QUEUE_FRAMES, _BYTES or DRAWBRIDGE_SEND_TIMEOUT",
      "slow_consumer"),
  HEARTBEAT_TIMEOUT(
      4511,
      "nothing came from the client for interval and grace",
      "often a laptop asleep or a network gone; if it strikes everybody, a proxy holds frames back:"
          + " see docs/debugging.md",
      "heartbeat_timeout");

  /** {@link #FORBIDDEN} by its first reason: the user was disabled. */
  public static final CloseCode USER_DISABLED = FORBIDDEN;

  private final int code;
  private final String meaning;
  private final String fix;
  private final List<String> reasons;

  CloseCode(int code, String meaning, String fix, String... reasons) {
    this.code = code;
    this.meaning = meaning;
    this.fix = fix;
    this.reasons = List.of(reasons);
  }

  /** The number on the wire. */
  public int code() {
    return code;
  }

  /** Why it is sent, in one phrase. */
  public String meaning() {
    return meaning;
  }

  /** What to change, in one phrase. */
  public String fix() {
    return fix;
  }

  /** The code words that it is sent with; empty when the number says it all. */
  public List<String> reasons() {
    return reasons;
  }
}
