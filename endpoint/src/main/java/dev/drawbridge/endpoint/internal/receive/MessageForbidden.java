package dev.drawbridge.endpoint.internal.receive;

/**
 * A user has none of the roles that a type asks for. An answer and not a fault: no trace, and
 * without the names of the roles, which are the application's own business.
 */
final class MessageForbidden extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MessageForbidden(String type) {
    super(text(type), null, false, false);
  }

  /** What the client is told. */
  static String text(String type) {
    return "the user has no role that may send " + type;
  }
}
