package dev.drawbridge.db.internal.session;

import dev.drawbridge.db.Dialect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * What a caller set on a connection that was lent to it, so that the next session does not find it.
 * Used by one thread at a time.
 */
public final class LentState {
  /** Setters whose former value is asked before the first call of them. */
  public static final Set<String> RESTORED =
      Set.of(
          "setCatalog",
          "setSchema",
          "setClientInfo",
          "setNetworkTimeout",
          "setTypeMap",
          "setHoldability");

  private interface Undo {
    void run(Connection jdbc) throws SQLException;
  }

  private final Set<String> remembered = new HashSet<>();
  private final List<Undo> undo = new ArrayList<>();

  /** Asks for the value that a setter is about to replace. */
  public void remember(Connection jdbc, Dialect dialect, String setter, Object[] arguments)
      throws SQLException {
    boolean oneInfo = setter.equals("setClientInfo") && arguments.length == 2;
    if (!remembered.add(oneInfo ? setter + arguments[0] : setter)) {
      return;
    }
    switch (setter) {
      case "setCatalog":
        String catalog = jdbc.getCatalog();
        undo.add(connection -> connection.setCatalog(catalog));
        break;
      case "setSchema":
        undo.add(schema(jdbc, dialect));
        break;
      case "setClientInfo":
        if (oneInfo) {
          String name = (String) arguments[0];
          String value = jdbc.getClientInfo(name);
          undo.add(connection -> connection.setClientInfo(name, value));
        } else {
          Properties values = new Properties();
          Properties now = jdbc.getClientInfo();
          now.stringPropertyNames().forEach(key -> values.put(key, now.getProperty(key)));
          undo.add(connection -> connection.setClientInfo(values));
        }
        break;
      case "setNetworkTimeout":
        int millis = jdbc.getNetworkTimeout();
        undo.add(connection -> connection.setNetworkTimeout(Runnable::run, millis));
        break;
      case "setTypeMap":
        Map<String, Class<?>> types = jdbc.getTypeMap();
        Map<String, Class<?>> copy = types == null ? new HashMap<>() : new HashMap<>(types);
        undo.add(connection -> connection.setTypeMap(copy));
        break;
      default:
        int holdability = jdbc.getHoldability();
        undo.add(connection -> connection.setHoldability(holdability));
        break;
    }
  }

  /** PostgreSQL's driver tells the first schema of the search path only. */
  private static Undo schema(Connection jdbc, Dialect dialect) throws SQLException {
    String schema = jdbc.getSchema();
    if (dialect != Dialect.POSTGRESQL) {
      return connection -> connection.setSchema(schema);
    }
    String path;
    try (Statement statement = jdbc.createStatement();
        ResultSet results = statement.executeQuery("SHOW search_path")) {
      results.next();
      path = results.getString(1);
    }
    return connection -> {
      // for pools that remember it, then for the server
      connection.setSchema(schema);
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT set_config('search_path', ?, false)")) {
        statement.setString(1, path);
        statement.execute();
      }
    };
  }

  /** Sets everything back, last change first; nothing is left to restore after it. */
  public void restore(Connection jdbc) throws SQLException {
    for (int i = undo.size() - 1; i >= 0; i--) {
      undo.get(i).run(jdbc);
    }
    undo.clear();
    remembered.clear();
  }
}
