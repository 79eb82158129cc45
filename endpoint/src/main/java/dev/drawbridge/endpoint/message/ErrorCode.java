package dev.drawbridge.endpoint.message;

import dev.drawbridge.filters.RefusalCode.Action;
import java.util.Locale;

/**
 * Every code of an error frame that the endpoint itself sends; the codes of tokens and users are
 * those of {@link dev.drawbridge.filters.RefusalCode}. Immutable. See PROTOCOL.md section 5.
 */
public enum ErrorCode {
  MESSAGE_NOT_TEXT(Action.FIX_CLIENT, 1003),
  MESSAGE_TOO_LARGE(Action.FIX_CLIENT, 1009),
  MESSAGE_NOT_JSON(Action.FIX_CLIENT, 0),
  MESSAGE_NOT_OBJECT(Action.FIX_CLIENT, 0),
  MESSAGE_TOO_DEEP(Action.FIX_CLIENT, 0),
  MESSAGE_DUPLICATE_MEMBER(Action.FIX_CLIENT, 0),
  MESSAGE_TYPE_MISSING(Action.FIX_CLIENT, 0),
  MESSAGE_TYPE_INVALID(Action.FIX_CLIENT, 0),
  MESSAGE_TYPE_UNKNOWN(Action.FIX_CLIENT, 0),
  MESSAGE_TYPE_RESERVED(Action.FIX_CLIENT, 0),
  MESSAGE_ID_INVALID(Action.FIX_CLIENT, 0),
  MESSAGE_DATA_INVALID(Action.FIX_CLIENT, 0),
  /** Closes with 4429 only after ten seconds of it. */
  RATE_LIMITED(Action.WAIT, 4429),
  TOKEN_NOT_NEWER(Action.FIX_CLIENT, 0),
  HANDLER_FAILED(Action.REPORT, 0),
  HANDLER_TIMEOUT(Action.REPORT, 0),
  PRINCIPAL_CHANGED(Action.LOGIN, 4403);

  private final Action action;
  private final int closeCode;
  private final String word;

  ErrorCode(Action action, int closeCode) {
    this.action = action;
    this.closeCode = closeCode;
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

  /**
   * True for the codes of messages that do not fit the protocol: those are counted, and ten of them
   * within ten seconds close a connection in production.
   */
  public boolean isInvalidMessage() {
    return word.startsWith("message_") && closeCode == 0;
  }
}
