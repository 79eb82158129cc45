package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testservers.TestServer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;

/** A fresh database with an empty table of items, on one server after the other. */
abstract class ItemTableFixture {
  @Parameter TestServer server;
  Database database;

  static List<TestServer> servers() {
    return TestServer.available();
  }

  @BeforeEach
  void open() {
    database = TestDatabases.open(server);
    try (DbSession session = database.openSession()) {
      session.update("CREATE TABLE item (id INT NOT NULL PRIMARY KEY, name VARCHAR(40))").run();
    }
  }

  @AfterEach
  void close() {
    assertThat(database.metrics().openSessions()).isZero();
    database.close();
  }

  static void insert(DbSession session, int id) {
    session.update("INSERT INTO item (id, name) VALUES (?, ?)", id, "item " + id).run();
  }

  long count() {
    return database.read(
        session ->
            session.query("SELECT count(*) AS n FROM item").one(row -> row.longValue("n")).get());
  }
}
