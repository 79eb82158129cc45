package dev.drawbridge.db;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.util.Set;

/** Lends a session's JDBC connection without the methods that only the session may call. */
final class GuardedConnection {
  private static final Set<String> FORBIDDEN =
      Set.of(
          "close",
          "abort",
          "commit",
          "rollback",
          "setAutoCommit",
          "setReadOnly",
          "setTransactionIsolation",
          "unwrap");

  private GuardedConnection() {}

  /**
   * Makes the guard.
   *
   * @param check throws when the session cannot be used, or not by this thread
   */
  static Connection of(Connection jdbc, Runnable check) {
    return (Connection)
        Proxy.newProxyInstance(
            GuardedConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              if (method.getDeclaringClass() == Object.class) {
                return ofObject(proxy, method.getName(), arguments);
              }
              if (FORBIDDEN.contains(method.getName())) {
                throw new DbStateException(
                    "the session owns the connection; not allowed: " + method.getName(), null);
              }
              check.run();
              try {
                return method.invoke(jdbc, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause() == null ? e : e.getCause();
              }
            });
  }

  /** Also for debuggers on other threads; a driver's own text may hold the URL. */
  private static Object ofObject(Object proxy, String method, Object[] arguments) {
    switch (method) {
      case "equals":
        return proxy == arguments[0];
      case "hashCode":
        return System.identityHashCode(proxy);
      default:
        return "the connection of a DbSession";
    }
  }
}
