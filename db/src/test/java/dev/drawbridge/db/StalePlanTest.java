package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A table is changed while PostgreSQL's driver keeps a statement on it prepared. */
class StalePlanTest {
  private static final String SQL = "SELECT * FROM item ORDER BY id";

  private TestDatabase target;
  private Database database;

  @BeforeEach
  void open() throws Exception {
    Assumptions.assumeTrue(TestServer.available().contains(TestServer.POSTGRESQL));
    target = TestServer.POSTGRESQL.newDatabase();
    execute("CREATE TABLE item (id INT PRIMARY KEY)");
    execute("INSERT INTO item VALUES (1), (2)");
    String url = target.url() + (target.url().contains("?") ? "&" : "?") + "prepareThreshold=1";
    database = Database.open(TestDatabases.config(target).url(url).poolSize(1).build());
  }

  @AfterEach
  void close() {
    if (database != null) {
      database.close();
    }
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = target.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static List<Integer> streamed(DbSession session) {
    List<Integer> ids = new ArrayList<>();
    session.query(SQL).forEach(row -> row.intValue("id"), ids::add);
    return ids;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStreamOfItsOwnBeginsAnew(boolean readOnly) throws Exception {
    SessionOptions options = SessionOptions.defaults();
    try (DbSession session = database.openSession(readOnly ? options.withReadOnly() : options)) {
      assertThat(streamed(session)).containsExactly(1, 2);
      assertThat(streamed(session)).containsExactly(1, 2);
      execute("ALTER TABLE item ADD COLUMN name TEXT");

      assertThat(streamed(session)).containsExactly(1, 2);
    }
  }

  @Test
  void aStreamInsideATransactionIsAConflict() throws Exception {
    try (DbSession session = database.openSession()) {
      streamed(session);
      streamed(session);
      execute("ALTER TABLE item ADD COLUMN name TEXT");
      session.begin();

      assertThatThrownBy(() -> streamed(session)).isInstanceOf(DbConflictException.class);

      session.rollback();
      assertThat(streamed(session)).containsExactly(1, 2);
    }
  }
}
