package dev.drawbridge.db;

import java.sql.Connection;

/** How far a transaction is kept apart from others. {@link #READ_COMMITTED} unless asked. */
public enum Isolation {
  /** The default of the layer on every database, also where the server's own default differs. */
  READ_COMMITTED(Connection.TRANSACTION_READ_COMMITTED),
  /** Rows once read stay as they were. */
  REPEATABLE_READ(Connection.TRANSACTION_REPEATABLE_READ),
  /** As if one after the other; expect {@link DbConflictException}. */
  SERIALIZABLE(Connection.TRANSACTION_SERIALIZABLE);

  private final int level;

  Isolation(int level) {
    this.level = level;
  }

  int level() {
    return level;
  }
}
