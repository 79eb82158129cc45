package dev.drawbridge.cluster.sql;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Lends connections, and remembers each statement that ran with one set of its values. */
final class RecordingSource extends LendingSource {
  private final SqlDatabase database;

  /** By the text with question marks: the last with values in their places. */
  private final Map<String, String> statements = new ConcurrentHashMap<>();

  RecordingSource(SqlDatabase database) {
    this.database = database;
  }

  Map<String, String> statements() {
    return new TreeMap<>(statements);
  }

  @Override
  public Connection getConnection() throws SQLException {
    Connection real = database.connect();
    return (Connection)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              Object result = call(real, method, arguments);
              return method.getName().equals("prepareStatement")
                  ? recorded((PreparedStatement) result, (String) arguments[0])
                  : result;
            });
  }

  private PreparedStatement recorded(PreparedStatement real, String sql) {
    Map<Integer, Object> values = new TreeMap<>();
    return (PreparedStatement)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {PreparedStatement.class},
            (proxy, method, arguments) -> {
              if (method.getName().startsWith("set") && arguments.length == 2) {
                values.put((Integer) arguments[0], arguments[1]);
              } else if (method.getName().startsWith("execute")) {
                statements.put(sql, literal(sql, values));
              }
              return call(real, method, arguments);
            });
  }

  private static String literal(String sql, Map<Integer, Object> values) {
    StringBuilder text = new StringBuilder();
    int next = 1;
    for (int i = 0; i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (c != '?') {
        text.append(c);
        continue;
      }
      Object value = values.get(next++);
      text.append(
          value == null || value instanceof Number
              ? String.valueOf(value)
              : "'" + value.toString().replace("'", "''") + "'");
    }
    return text.toString();
  }
}
