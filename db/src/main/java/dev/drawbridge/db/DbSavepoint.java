package dev.drawbridge.db;

import java.sql.Savepoint;

/** A point inside a transaction to go back to. Belongs to the transaction that made it. */
public final class DbSavepoint {
  private final Savepoint savepoint;

  /** Counted within the session. */
  private final long transaction;

  DbSavepoint(Savepoint savepoint, long transaction) {
    this.savepoint = savepoint;
    this.transaction = transaction;
  }

  Savepoint savepoint() {
    return savepoint;
  }

  /** Fails unless it was made in the transaction of this number. */
  void checkOf(long current) {
    if (transaction != current) {
      throw new DbStateException("the savepoint must belong to the open transaction", null);
    }
  }
}
