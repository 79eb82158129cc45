package dev.drawbridge.testservers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;

/** Where one database is and how to log in. */
public record TestDatabase(TestServer server, String url, String user, String password) {
  /** A plain connection, for what the code under test must not do itself. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url, user, password);
  }
}
