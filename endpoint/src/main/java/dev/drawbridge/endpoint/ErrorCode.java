package dev.drawbridge.endpoint;

import dev.drawbridge.filters.refusal.RefusalCode.Action;
import java.util.Locale;

/**
 * Every code of an error frame that the endpoint itself sends; the codes of tokens and users are
 * those of {@link dev.drawbridge.filters.refusal.RefusalCode}. Immutable. See PROTOCOL.md section
 * 5.
 */
public enum ErrorCode {
  MESSAGE_NOT_TEXT(Action.FIX_CLIENT, 1003, "send text: JSON.stringify, no Blob, no ArrayBuffer"),
  MESSAGE_TOO_LARGE(
      Action.FIX_CLIENT, 1009, "send smaller messages, or raise DRAWBRIDGE_MAX_MESSAGE_BYTES"),
  MESSAGE_NOT_JSON(
      Action.FIX_CLIENT, 0, "send one JSON object per message, without a byte order mark"),
  MESSAGE_NOT_OBJECT(Action.FIX_CLIENT, 0, "send {\"type\": …, \"data\": …}"),
  MESSAGE_TOO_DEEP(Action.FIX_CLIENT, 0, "nest the data at most 31 deep"),
  MESSAGE_DUPLICATE_MEMBER(Action.FIX_CLIENT, 0, "name each member once"),
  MESSAGE_TYPE_MISSING(Action.FIX_CLIENT, 0, "give the message a type"),
  MESSAGE_TYPE_INVALID(
      Action.FIX_CLIENT,
      0,
      "name types in lower-case words joined by a dot, an underscore or a hyphen"),
  MESSAGE_TYPE_UNKNOWN(
      Action.FIX_CLIENT,
      0,
      "register the type in configure(Endpoint.Builder), or mend its spelling"),
  MESSAGE_TYPE_RESERVED(
      Action.FIX_CLIENT, 0, "choose another name: this one belongs to the protocol"),
  MESSAGE_ID_INVALID(Action.FIX_CLIENT, 0, "choose an id of 1 to 64 printable ASCII characters"),
  MESSAGE_DATA_INVALID(
      Action.FIX_CLIENT,
      0,
      "send data of the shape that the record of this type has: details names each member"),
  MESSAGE_FORBIDDEN(
      Action.CONTACT_ADMIN,
      0,
      "give the user a role that requires(…) of this type names, or do not offer it to them"),
  /** Closes with 4429 only after ten seconds of it. */
  RATE_LIMITED(
      Action.WAIT,
      4429,
      "send less, or raise DRAWBRIDGE_MESSAGES_PER_SECOND and DRAWBRIDGE_MESSAGE_BURST"),
  TOKEN_NOT_NEWER(
      Action.FIX_CLIENT,
      0,
      "answer auth.expiring with a token that expires later than the present one"),
  HANDLER_FAILED(
      Action.REPORT,
      0,
      "look for the request id in the log: the trace of the handler stands there"),
  HANDLER_TIMEOUT(
      Action.REPORT,
      0,
      "make the handler quicker or let it return a CompletionStage, or raise DRAWBRIDGE_HANDLER_TIMEOUT"),
  CHANNEL_INVALID(
      Action.FIX_CLIENT, 0, "name channels in 1 to 128 characters of A-Z a-z 0-9 : . _ @ / -"),
  CHANNEL_UNKNOWN(
      Action.FIX_CLIENT,
      0,
      "give its prefix a rule by endpoint.channel(...), or mend the name of the channel"),
  CHANNEL_FORBIDDEN(
      Action.CONTACT_ADMIN,
      0,
      "the authorizer of the channel's rule has not allowed it, or the user has none of the roles that its requires(…) names"),
  TOO_MANY_CHANNELS(
      Action.FIX_CLIENT, 0, "unsubscribe first, or raise DRAWBRIDGE_CHANNELS_PER_CONNECTION"),
  PUBLISH_FORBIDDEN(
      Action.FIX_CLIENT,
      0,
      "let the channel's rule take the type by clientPublish(...); only the application publishes to ~"),
  /** Certainly not published. */
  ENGINE_UNAVAILABLE(Action.WAIT, 0, "wait, then try again: what carries channels is out of reach"),
  PUBLISH_UNKNOWN(Action.WAIT, 0, "publish it again with the same key: it is then taken once"),
  RESUME_NOT_FIRST(Action.FIX_CLIENT, 0, "send resume before any frame but ping, pong and auth"),
  PRINCIPAL_CHANGED(Action.LOGIN, 4403, "open a new connection for another user");

  private final Action action;
  private final int closeCode;
  private final String fix;
  private final String word;

  ErrorCode(Action action, int closeCode, String fix) {
    this.action = action;
    this.closeCode = closeCode;
    this.fix = fix;
    this.word = name().toLowerCase(Locale.ROOT);
  }

  /** The code as it stands in frames, logs and metrics: lower snake case. */
  public String word() {
    return word;
  }

  /** What the receiver can do about it. */
  public Action action() {
    return action;
  }

  /** The close code that follows it, 0 when the connection stays open. */
  public int closeCode() {
    return closeCode;
  }

  /** What to change, in one phrase. */
  public String fix() {
    return fix;
  }

  /**
   * True for the codes of messages that do not fit the protocol: those are counted, and ten of them
   * within ten seconds close a connection in production.
   */
  public boolean isInvalidMessage() {
    return word.startsWith("message_") && closeCode == 0 && this != MESSAGE_FORBIDDEN;
  }
}
