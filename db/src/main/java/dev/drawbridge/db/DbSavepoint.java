package dev.drawbridge.db;

import java.sql.Savepoint;

/** A point inside a transaction to go back to. Belongs to the transaction that made it. */
public final class DbSavepoint {
  private final Savepoint savepoint;
  private final long transaction;

  DbSavepoint(Savepoint savepoint, long transaction) {
    this.savepoint = savepoint;
    this.transaction = transaction;
  }

  Savepoint savepoint() {
    return savepoint;
  }

  /** The number of the transaction within its session. */
  long transaction() {
    return transaction;
  }
}
