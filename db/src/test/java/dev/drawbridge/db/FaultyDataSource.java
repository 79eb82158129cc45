package dev.drawbridge.db;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/**
 * H2 with a driver that throws at its n-th call, whatever that is. Closing always takes effect, as
 * a driver that cannot even let go would leak by itself. Used by one thread.
 */
final class FaultyDataSource {
  private static final Set<String> UNCOUNTED =
      Set.of("toString", "hashCode", "equals", "isWrapperFor", "unwrap");

  private final String url;
  private final List<Connection> physical = new ArrayList<>();
  private final List<String> calls = new ArrayList<>();

  /** The call that throws; 0 for none. */
  private int failAt;

  /** Whether it throws what drivers are not supposed to throw. */
  private final boolean unchecked;

  private Exception thrown;

  FaultyDataSource(String url, boolean unchecked) {
    this.url = url;
    this.unchecked = unchecked;
  }

  /** Forgets what was, and fails at the n-th call from now. */
  void failAt(int call) {
    failAt = call;
    thrown = null;
    calls.clear();
    physical.clear();
  }

  int callCount() {
    return calls.size();
  }

  String lastCall() {
    return calls.get(Math.min(failAt, calls.size()) - 1);
  }

  /** What the driver threw; null when it did not come to that. */
  Exception thrown() {
    return thrown;
  }

  long openConnections() throws SQLException {
    long open = 0;
    for (Connection connection : physical) {
      open += connection.isClosed() ? 0 : 1;
    }
    return open;
  }

  DataSource dataSource() {
    return (DataSource)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              if (!method.getName().equals("getConnection")) {
                throw new UnsupportedOperationException(method.getName());
              }
              count("getConnection");
              Connection connection = DriverManager.getConnection(url, "sa", "");
              physical.add(connection);
              return wrap(Connection.class, connection);
            });
  }

  private void count(String call) throws Exception {
    calls.add(call);
    if (calls.size() == failAt) {
      String message = "injected at " + call;
      thrown = unchecked ? new IllegalStateException(message) : new SQLException(message, "08006");
      throw thrown;
    }
  }

  private <T> T wrap(Class<T> type, T target) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          String name = type.getSimpleName() + "." + method.getName();
          try {
            if (method.getName().equals("close") || method.getName().equals("abort")) {
              method.invoke(target, arguments);
              count(name);
              return null;
            }
            if (!UNCOUNTED.contains(method.getName())) {
              count(name);
            }
            Object result = method.invoke(target, arguments);
            if (result instanceof PreparedStatement statement) {
              return wrap(PreparedStatement.class, statement);
            }
            return result instanceof ResultSet results ? wrap(ResultSet.class, results) : result;
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return type.cast(
        Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {type}, handler));
  }
}
