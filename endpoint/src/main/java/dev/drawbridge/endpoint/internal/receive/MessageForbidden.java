package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.internal.message.Fault;

/** The user may not send this type any more. Has no stack trace: it is an answer, not a fault. */
final class MessageForbidden extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MessageForbidden(String type) {
    super(type, null, false, false);
  }

  /** Without the names of the roles: what an application calls them is its own business. */
  static Fault fault(String type) {
    return Fault.of(ErrorCode.MESSAGE_FORBIDDEN, "the user has no role that may send " + type);
  }
}
