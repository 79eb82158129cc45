package dev.drawbridge.db;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.SQLException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.provider.Arguments;

/** A fresh database on every server, reached through every kind of pool. */
abstract class PooledFixture {
  @Parameter(0)
  TestServer server;

  @Parameter(1)
  PoolKind pool;

  TestDatabase target;
  PoolKind.Opened opened;
  Database database;

  static Stream<Arguments> everywhere() {
    return PoolKind.everywhere();
  }

  @BeforeEach
  void open() {
    target = server.newDatabase();
    opened = pool.openSeveral(target);
    database = opened.database();
    // known from the first session on
    database.dialect();
  }

  @AfterEach
  void close() {
    opened.close();
  }

  /** Past the layer, on a connection of its own. */
  void execute(String... statements) {
    try (var connection = target.connect();
        var statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The server's number of the session's connection. */
  long connectionId(DbSession session) {
    String sql =
        switch (server) {
          case H2 -> "SELECT session_id() AS id";
          case POSTGRESQL -> "SELECT pg_backend_pid() AS id";
          case MARIADB -> "SELECT connection_id() AS id";
        };
    return session.query(sql).one(row -> row.longValue("id")).orElseThrow();
  }
}
