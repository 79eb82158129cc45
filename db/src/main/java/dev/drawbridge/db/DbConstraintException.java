package dev.drawbridge.db;

import java.util.Optional;
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

  /** Constraint, table and column; null for what the database did not say apart from data. */
  private final @Nullable String[] names;

  /** See {@link DbException#DbException(String, Throwable)}. */
  public DbConstraintException(Kind kind, String message, @Nullable Throwable cause) {
    this(kind, message, cause, new String[3]);
  }

  /**
   * Likewise, with what the database said apart from data.
   *
   * @param names of constraint, table and column, each null where it is not known
   */
  public DbConstraintException(
      Kind kind, String message, @Nullable Throwable cause, @Nullable String[] names) {
    super(message, cause);
    this.kind = kind;
    this.names = names.clone();
  }

  /** What sort of constraint refused the data. */
  public Kind kind() {
    return kind;
  }

  /**
   * The name of the constraint, or of its index on H2 and MariaDB; empty where the database does
   * not say it apart from data.
   */
  public Optional<String> constraint() {
    return Optional.ofNullable(names[0]);
  }

  /** The table without its schema; empty like {@link #constraint}. */
  public Optional<String> table() {
    return Optional.ofNullable(names[1]);
  }

  /** The column that must not be null; empty like {@link #constraint}. */
  public Optional<String> column() {
    return Optional.ofNullable(names[2]);
  }
}
