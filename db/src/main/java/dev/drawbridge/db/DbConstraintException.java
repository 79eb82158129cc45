package dev.drawbridge.db;

import org.jspecify.annotations.Nullable;

/** A constraint of the schema refused the data. */
public final class DbConstraintException extends DbException {
  private static final long serialVersionUID = 1L;

  /** What sort of constraint it was. */
  public enum Kind {
    /** Primary key or unique. */
    UNIQUE,
    /** A parent row is missing, or a child row still exists. */
    FOREIGN_KEY,
    /** A check condition. */
    CHECK,
    /** A required column was null. */
    NOT_NULL,
    /** Any other, for instance PostgreSQL's exclusion constraints. */
    OTHER
  }

  private final Kind kind;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbConstraintException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** What sort of constraint refused the data. */
  public Kind kind() {
    return kind;
  }
}
