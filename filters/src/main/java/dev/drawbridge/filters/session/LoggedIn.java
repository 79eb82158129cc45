package dev.drawbridge.filters.session;

import dev.drawbridge.filters.jwt.authentication.SessionTokens;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.security.Principal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds who is logged in: by the application's function, in an attribute of the HTTP session, or by
 * the container's principal. Makes no session. Immutable and thread-safe.
 */
final class LoggedIn {
  private final @Nullable SessionUser function;
  private final @Nullable String attribute;
  private final PropertyPath path;

  private LoggedIn(@Nullable SessionUser function, @Nullable String attribute, PropertyPath path) {
    this.function = function;
    this.attribute = attribute;
    this.path = path;
  }

  /** What is wrong with the settings, a sentence each. */
  static List<String> problems(Settings settings) {
    List<String> problems = new ArrayList<>();
    String property = settings.string(Setting.SESSION_TOKEN_PROPERTY);
    if (property != null && !PropertyPath.isOne(property)) {
      problems.add(
          Setting.SESSION_TOKEN_PROPERTY.variable()
              + " must be "
              + PropertyPath.RULE
              + ": "
              + property.replaceAll("[^ -~]", "?"));
    }
    return problems;
  }

  /**
   * Chooses the way.
   *
   * @param function the application's, which then decides alone; null without one
   */
  static LoggedIn of(Settings settings, @Nullable SessionUser function) {
    return new LoggedIn(
        function,
        settings.string(Setting.SESSION_TOKEN_ATTRIBUTE),
        PropertyPath.of(settings.string(Setting.SESSION_TOKEN_PROPERTY)));
  }

  /** True where the application decides by code of its own. */
  boolean isByFunction() {
    return function != null;
  }

  /** Where the user comes from, for the log. */
  String source() {
    if (function != null) {
      return "the application's SessionUser";
    }
    return attribute == null ? "the request's principal" : "the session's attribute " + attribute;
  }

  /**
   * The user's key.
   *
   * @return null when nobody is logged in
   * @throws UnreadableUserException if it cannot be read, or is no key
   */
  @Nullable String of(HttpServletRequest request) {
    String key = key(request);
    if (key == null || key.isBlank()) {
      return null;
    }
    if (SessionTokens.isSubject(key)) {
      return key;
    }
    throw new UnreadableUserException(
        "the key of the user from "
            + source()
            + " must have 1 to 255 characters, no control characters, no blanks at its ends");
  }

  private @Nullable String key(HttpServletRequest request) {
    SessionUser own = function;
    if (own != null) {
      return own.of(request);
    }
    String name = attribute;
    if (name == null) {
      Principal principal = request.getUserPrincipal();
      // Some filters of old logins tell the name alone.
      return principal == null ? request.getRemoteUser() : path.textOf(principal);
    }
    HttpSession session = request.getSession(false);
    return session == null ? null : path.textOf(session.getAttribute(name));
  }
}
