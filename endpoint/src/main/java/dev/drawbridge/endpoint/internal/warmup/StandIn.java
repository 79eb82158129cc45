package dev.drawbridge.endpoint.internal.warmup;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;

/**
 * An object in the place of one of the container's: an interface of the Servlet API, whichever
 * version is there. What it does not know it answers with nothing.
 */
abstract class StandIn implements InvocationHandler {
  /** Says that a method is not known; null is an answer. */
  static final Object UNKNOWN = new Object();

  private static final Object[] NONE = {};

  /**
   * Answers a call.
   *
   * @param method its name
   * @return {@link #UNKNOWN} for nothing, whatever that is for its type
   */
  abstract @Nullable Object answer(String method, @Nullable Object[] arguments);

  /** Itself as the container's object. */
  final <T> T as(Class<T> type) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, this));
  }

  @Override
  public final @Nullable Object invoke(
      Object proxy, Method method, @Nullable Object @Nullable [] arguments) {
    return switch (method.getName()) {
      case "equals" -> arguments != null && proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(this);
      case "toString" -> getClass().getSimpleName();
      default -> {
        Object known = answer(method.getName(), arguments == null ? NONE : arguments);
        yield known == UNKNOWN ? nothing(method.getReturnType()) : known;
      }
    };
  }

  private static @Nullable Object nothing(Class<?> type) {
    if (type == boolean.class) {
      return false;
    }
    if (type == long.class) {
      return 0L;
    }
    return type == int.class ? (Object) 0 : null;
  }
}
