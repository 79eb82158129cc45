package dev.drawbridge.filters.session;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.security.Principal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The way from an application's object to the key of its user: getters, accessors of records, keys
 * of maps. Immutable and thread-safe.
 */
final class PropertyPath {
  /** What a path looks like, for messages. */
  static final String RULE = "names joined by dots, such as account.login, at most 8";

  private static final int MAX_STEPS = 8;
  private static final Pattern FORM =
      Pattern.compile("[A-Za-z_$][\\w$]{0,63}(?:\\.[A-Za-z_$][\\w$]{0,63})*");

  private final List<String> steps;

  private PropertyPath(List<String> steps) {
    this.steps = steps;
  }

  /** True for a text that is such a path. */
  static boolean isOne(String text) {
    return FORM.matcher(text).matches() && text.split("\\.", -1).length <= MAX_STEPS;
  }

  /**
   * Reads a path.
   *
   * @param text null for the object itself
   */
  static PropertyPath of(@Nullable String text) {
    return new PropertyPath(text == null ? List.of() : List.of(text.split("\\.", -1)));
  }

  /**
   * The text at the end of the path.
   *
   * @return null where the object, something on the way or the end is null or an empty {@code
   *     Optional}, and for a blank text
   * @throws UnreadableUserException if a step does not exist, fails, or ends at what is no key
   */
  @Nullable String textOf(@Nullable Object start) {
    Object at = unwrapped(start);
    for (String step : steps) {
      if (at == null) {
        return null;
      }
      at = unwrapped(at instanceof Map<?, ?> map ? map.get(step) : property(at, step));
    }
    String key = at == null ? null : key(at);
    return key == null || key.isBlank() ? null : key;
  }

  private static @Nullable Object unwrapped(@Nullable Object value) {
    return value instanceof Optional<?> optional ? optional.orElse(null) : value;
  }

  private static @Nullable String key(Object value) {
    if (value instanceof Principal principal) {
      return principal.getName();
    }
    boolean whole =
        value instanceof Long
            || value instanceof Integer
            || value instanceof Short
            || value instanceof java.math.BigInteger;
    if (value instanceof CharSequence || whole || value instanceof UUID) {
      return value.toString();
    }
    throw new UnreadableUserException(
        "it is a "
            + value.getClass().getName()
            + ", and must be a text, a whole number, a UUID or a Principal; name the property that"
            + " is in DRAWBRIDGE_SESSION_TOKEN_PROPERTY");
  }

  private static @Nullable Object property(Object owner, String name) {
    Method method = method(owner.getClass(), name);
    if (method == null) {
      throw new UnreadableUserException(
          owner.getClass().getName() + " has no public getter or accessor of the name " + name);
    }
    try {
      return method.invoke(owner);
    } catch (InvocationTargetException e) {
      throw new UnreadableUserException(
          "the getter of " + name + " has thrown " + e.getTargetException().getClass().getName());
    } catch (IllegalAccessException e) {
      throw new UnreadableUserException(
          owner.getClass().getName() + " does not let its property " + name + " be read");
    }
  }

  /** {@code getName()}, {@code isName()}, then {@code name()}. */
  private static @Nullable Method method(Class<?> type, String name) {
    String capital = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
    for (String candidate : List.of("get" + capital, "is" + capital, name)) {
      Method found = declared(type, candidate);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /**
   * A public method may be that of a class that is not; then it is made accessible if it can be.
   */
  private static @Nullable Method declared(Class<?> type, String name) {
    try {
      Method method = type.getMethod(name);
      if (Modifier.isStatic(method.getModifiers()) || method.getReturnType() == void.class) {
        return null;
      }
      return reachable(method);
    } catch (NoSuchMethodException e) {
      return null;
    }
  }

  private static Method reachable(Method method) {
    if (!Modifier.isPublic(method.getDeclaringClass().getModifiers())) {
      AccessibleObject object = method;
      object.trySetAccessible();
    }
    return method;
  }
}
