package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams as values of a batch: read once, each by its own row. */
@ParameterizedClass
@MethodSource("everywhere")
class BatchStreamContractTest extends PooledFixture {
  private static final String INSERT = "INSERT INTO large (id, data, words) VALUES (?, ?, ?)";

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  private void createTable() {
    execute(
        switch (server) {
          case H2 -> "CREATE TABLE large (id INT PRIMARY KEY, data BLOB, words CLOB)";
          case POSTGRESQL -> "CREATE TABLE large (id INT PRIMARY KEY, data BYTEA, words TEXT)";
          case MARIADB -> "CREATE TABLE large (id INT PRIMARY KEY, data BLOB, words TEXT)";
        });
  }

  @Test
  void everyRowKeepsWhatItsStreamHeld() {
    createTable();
    try (DbSession session = database.openSession()) {
      session
          .batch(INSERT)
          .add(1, bytes("first"), new StringReader("erste"))
          .add(2, bytes("second"), new StringReader("zweite"))
          .run();

      assertThat(
              session
                  .query("SELECT data, words FROM large ORDER BY id")
                  .list(
                      row ->
                          new String(row.bytes("data"), StandardCharsets.UTF_8)
                              + row.string("words")))
          .containsExactly("firsterste", "secondzweite");
    }
  }

  @Test
  void aBatchThatMaySendARowTwiceRefusesStreams() {
    createTable();
    try (DbSession session = database.openSession()) {
      Batch batch =
          session
              .batch(INSERT)
              .add(1, bytes("first"), "erste")
              .add(1, bytes("second"), new StringReader("zweite"));

      assertThatThrownBy(batch::runKeepingGood)
          .isInstanceOf(DbStateException.class)
          .hasMessageContaining("streams");

      assertThat(session.query("SELECT id FROM large").list(row -> 1)).isEmpty();
    }
  }
}
