package dev.drawbridge.bench;

import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The users {@code user-0}, {@code user-1} … in our own tables, active, with one role each. */
public final class BenchUsers {
  private static final int BATCH = 1000;

  private BenchUsers() {}

  /** Makes the tables and so many users. */
  public static void create(String url, int count) throws SQLException {
    Migrations.builder().url(url).mode(Mode.AUTO).build().run();
    try (Connection connection = DriverManager.getConnection(url);
        PreparedStatement user =
            connection.prepareStatement(
                "INSERT INTO app_user (id, subject, display_name) VALUES (?, ?, ?)");
        PreparedStatement role =
            connection.prepareStatement(
                "INSERT INTO app_user_role (user_id, role) VALUES (?, 'member')")) {
      connection.setAutoCommit(false);
      for (int i = 0; i < count; i++) {
        user.setString(1, "id-" + i);
        user.setString(2, "user-" + i);
        user.setString(3, "User " + i);
        user.addBatch();
        role.setString(1, "id-" + i);
        role.addBatch();
        if (i % BATCH == BATCH - 1 || i == count - 1) {
          user.executeBatch();
          role.executeBatch();
        }
      }
      connection.commit();
    }
  }
}
