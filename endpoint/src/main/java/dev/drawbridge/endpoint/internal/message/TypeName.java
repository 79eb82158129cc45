package dev.drawbridge.endpoint.internal.message;

import java.util.Set;

/** The rules for the names of message types. PROTOCOL.md section 4. */
final class TypeName {
  static final int MAX_LENGTH = 64;

  /** Types whose meaning the protocol fixes, now or later. */
  static final Set<String> RESERVED =
      Set.of(
          "welcome",
          "ping",
          "pong",
          "ack",
          "error",
          "auth",
          "auth.expiring",
          "drain",
          "subscribe",
          "unsubscribe",
          "publish",
          "resume",
          "presence");

  private TypeName() {}

  /**
   * True for {@code [a-z][a-z0-9]*([._-][a-z0-9]+)*} of at most {@value #MAX_LENGTH} characters.
   */
  static boolean isValid(String name) {
    int length = name.length();
    if (length == 0 || length > MAX_LENGTH || !isLetter(name.charAt(0))) {
      return false;
    }
    boolean separator = false;
    for (int i = 1; i < length; i++) {
      char c = name.charAt(i);
      if (isLetter(c) || (c >= '0' && c <= '9')) {
        separator = false;
      } else if (!separator && (c == '.' || c == '_' || c == '-')) {
        separator = true;
      } else {
        return false;
      }
    }
    return !separator;
  }

  /** True for 1 to 64 ASCII characters from {@code !} to {@code ~}. */
  static boolean isValidId(String id) {
    if (id.isEmpty() || id.length() > MAX_LENGTH) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      if (id.charAt(i) < '!' || id.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z';
  }
}
