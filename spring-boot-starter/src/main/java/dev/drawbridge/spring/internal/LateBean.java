package dev.drawbridge.spring.internal;

import jakarta.servlet.ServletContext;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes beans of what the endpoint has only once it runs, after all beans have been made: each call
 * looks it up in the servlet context. Stateless.
 */
final class LateBean {
  private LateBean() {}

  /**
   * Makes one.
   *
   * @param lookup such as {@code Connections::of}; says itself what is wrong when there is none
   */
  static <T> T of(Class<T> type, ContextSetup setup, Function<ServletContext, T> lookup) {
    Object proxy =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (bean, method, arguments) ->
                method.getDeclaringClass() == Object.class
                    ? ofObject(type, bean, method, arguments)
                    : call(method, found(type, setup, lookup), arguments));
    return type.cast(proxy);
  }

  private static <T> T found(
      Class<T> type, ContextSetup setup, Function<ServletContext, T> lookup) {
    ServletContext context = setup.context();
    if (setup.isWithoutServer()) {
      throw new IllegalStateException(
          type.getSimpleName()
              + " needs a server, and this test has none: start it with webEnvironment ="
              + " RANDOM_PORT, or put a stand-in in place of the bean (@MockitoBean)");
    }
    if (context == null) {
      throw new IllegalStateException(
          type.getSimpleName()
              + " is there once the web server has started, and not while beans are made: use it"
              + " from a handler, a request, a job, or on ApplicationReadyEvent");
    }
    return lookup.apply(context);
  }

  private static @Nullable Object call(
      Method method, Object target, @Nullable Object @Nullable [] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  private static @Nullable Object ofObject(
      Class<?> type, Object bean, Method method, @Nullable Object @Nullable [] arguments) {
    return switch (method.getName()) {
      case "equals" -> arguments != null && bean == arguments[0];
      case "hashCode" -> System.identityHashCode(bean);
      default -> type.getSimpleName() + " of the endpoint";
    };
  }
}
