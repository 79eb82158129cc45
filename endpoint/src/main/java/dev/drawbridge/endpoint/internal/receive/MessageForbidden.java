package dev.drawbridge.endpoint.internal.receive;

import java.util.Set;

/** A user has none of the roles that a type asks for. An answer and not a fault: no trace. */
final class MessageForbidden extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MessageForbidden(String type, Set<String> anyOf) {
    super(
        type + " needs the role " + String.join(" or ", anyOf) + ", which the user does not have",
        null,
        false,
        false);
  }
}
