package dev.drawbridge.example.legacydb;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbSession;

/** Accounts and the money on them. Thread-safe. */
final class Ledger {
  private final Database database;

  Ledger(Database database) {
    this.database = database;
  }

  void createTables() {
    try (DbSession session = database.openSession()) {
      session
          .update(
              "CREATE TABLE account (id INT PRIMARY KEY, owner VARCHAR(40) NOT NULL,"
                  + " cents BIGINT NOT NULL CHECK (cents >= 0))")
          .run();
      session
          .batch("INSERT INTO account (id, owner, cents) VALUES (?, ?, ?)")
          .add(1, "carol", 10_000)
          .add(2, "dave", 0)
          .run();
    }
  }

  /** By hand, as an application does it that has always done it so. */
  void transfer(int from, int to, long cents) {
    try (DbSession session = database.openSession()) {
      session.begin();
      session.update("UPDATE account SET cents = cents - ? WHERE id = ?", cents, from).run();
      session.update("UPDATE account SET cents = cents + ? WHERE id = ?", cents, to).run();
      session.commit(); // without it, close() rolls back
    }
  }

  long cents(int account) {
    return database.<Long, RuntimeException>read(
        session ->
            session
                .query("SELECT cents FROM account WHERE id = :id")
                .bind("id", account)
                .one(row -> row.longValue("cents"))
                .orElseThrow(() -> new IllegalArgumentException("no account " + account)));
  }
}
