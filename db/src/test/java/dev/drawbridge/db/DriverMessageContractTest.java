package dev.drawbridge.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.testservers.TestServer;
import java.util.Currency;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What drivers and servers say that helps and is no data. */
@ParameterizedClass
@MethodSource("everywhere")
class DriverMessageContractTest extends PooledFixture {
  record Priced(int id, int price) {}

  private static DbException failure(ThrowingCallable work) {
    Throwable thrown = catchThrowable(work);
    assertThat(thrown).isInstanceOf(DbException.class);
    return (DbException) thrown;
  }

  @Test
  void aTypeThatTheDriverDoesNotKnowIsNamedWithItsParameter() {
    Assumptions.assumeTrue(server != TestServer.H2);
    try (DbSession session = database.openSession()) {
      Currency euro = Currency.getInstance("EUR");

      assertThat(failure(() -> session.query("SELECT ?, ?", 1, euro).one(row -> 1)))
          .hasMessageContaining("parameter 2 of type java.util.Currency");
      assertThat(failure(() -> session.query("SELECT :money").bind("money", euro).one(row -> 1)))
          .hasMessageContaining("parameter :money of type java.util.Currency")
          .hasMessageContaining("the driver says:");
    }
  }

  @Test
  void anUpdateThatReturnsRowsSaysSo() {
    Assumptions.assumeTrue(server == TestServer.POSTGRESQL || server == TestServer.H2);
    try (DbSession session = database.openSession()) {
      assertThat(failure(() -> session.update("SELECT 1").run()))
          .hasMessageContaining("the driver says:");
    }
  }

  @Test
  void aColumnThatDoesNotFitIsNamedWithItsComponentAndWithoutItsValue() {
    execute(
        "CREATE TABLE offer (id INT PRIMARY KEY, price VARCHAR(10))",
        "INSERT INTO offer VALUES (1, 'canary')");
    try (DbSession session = database.openSession()) {
      assertThat(
              failure(
                  () ->
                      session
                          .query("SELECT id, price FROM offer")
                          .one(RowMapper.record(Priced.class))))
          .hasMessageContaining("component 'price' of type int of " + Priced.class.getName())
          .satisfies(e -> assertThat(TestDatabases.stackTrace(e)).doesNotContain("canary"));
    }
  }

  @Test
  void constraintsAreNamedApartFromTheData() {
    execute(
        "CREATE TABLE parent (id INT NOT NULL PRIMARY KEY)",
        "CREATE TABLE child (id INT NOT NULL PRIMARY KEY, parent_id INT NOT NULL, amount INT,"
            + " note VARCHAR(40), CONSTRAINT uq_note UNIQUE (note),"
            + " CONSTRAINT fk_parent FOREIGN KEY (parent_id) REFERENCES parent (id),"
            + " CONSTRAINT ck_amount CHECK (amount > 0))",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO child VALUES (1, 1, 1, 'canary for key uq_other')");
    String insert = "INSERT INTO child (id, parent_id, amount, note) VALUES (?, ?, ?, ?)";

    DbConstraintException unique = constraint(insert, 2, 1, 1, "canary for key uq_other");
    DbConstraintException foreign = constraint(insert, 2, 99, 1, "b");
    DbConstraintException check = constraint(insert, 2, 1, -1, "b");
    DbConstraintException missing = constraint(insert, 2, null, 1, "b");

    assertThat(unique.constraint().orElseThrow()).containsIgnoringCase("uq_note");
    assertThat(foreign.constraint())
        .hasValueSatisfying(n -> assertThat(n).isEqualToIgnoringCase("fk_parent"));
    assertThat(foreign.table())
        .hasValueSatisfying(n -> assertThat(n).isEqualToIgnoringCase("child"));
    assertThat(check.constraint())
        .hasValueSatisfying(n -> assertThat(n).isEqualToIgnoringCase("ck_amount"));
    assertThat(missing.column())
        .hasValueSatisfying(n -> assertThat(n).isEqualToIgnoringCase("parent_id"));
    assertThat(unique).hasMessageNotContaining("canary").message().containsIgnoringCase("uq_note");
  }

  private DbConstraintException constraint(String sql, Object... values) {
    try (DbSession session = database.openSession()) {
      return (DbConstraintException) failure(() -> session.update(sql, values).run());
    }
  }

  @Test
  void aFailedBatchNamesItsRow() {
    execute("CREATE TABLE item (id INT NOT NULL PRIMARY KEY, name VARCHAR(10) NOT NULL)");
    try (DbSession session = database.openSession()) {
      Batch batch = session.batch("INSERT INTO item (id, name) VALUES (:id, :name)");
      for (int i = 0; i < 30; i++) {
        batch.addNamed(Map.of("id", i == 25 ? 3 : i, "name", "canary" + i));
      }

      DbException thrown = failure(() -> batch.run(10));

      assertThat(thrown).isInstanceOf(DbConstraintException.class);
      assertThat(thrown.batchRow()).hasValue(25);
      assertThat(thrown).hasMessageContaining("row 25 of the batch");
      assertThat(TestDatabases.stackTrace(thrown)).doesNotContain("canary");
      assertThat(session.query("SELECT id FROM item").list(row -> 1)).isEmpty();
    }
  }

  @Test
  void theFirstRowOfABatchIsNamedToo() {
    execute("CREATE TABLE item (id INT NOT NULL PRIMARY KEY)", "INSERT INTO item (id) VALUES (1)");
    try (DbSession session = database.openSession()) {
      Batch batch = session.batch("INSERT INTO item (id) VALUES (?)").add(1).add(2).add(3);

      assertThat(failure(batch::run).batchRow()).hasValue(0);
    }
  }

  @Test
  void goodRowsAreKeptApartFromBadOnes() {
    execute("CREATE TABLE item (id INT NOT NULL PRIMARY KEY, name VARCHAR(10) NOT NULL)");
    try (DbSession session = database.openSession()) {
      session.begin();
      Batch batch = session.batch("INSERT INTO item (id, name) VALUES (?, ?)");
      for (int i = 0; i < 1_200; i++) {
        batch.add(i == 700 ? 3 : i, i == 20 ? "far too long for it" : "ok");
      }

      var refused = batch.runKeepingGood();
      session.commit();

      assertThat(refused.keySet()).containsExactly(20, 700);
      assertThat(refused.get(700)).isInstanceOf(DbConstraintException.class);
      assertThat(refused.get(700).batchRow()).hasValue(700);
      assertThat(session.query("SELECT count(*) AS n FROM item").one(row -> row.intValue("n")))
          .contains(1_198);
    }
  }
}
