package dev.drawbridge.db;

import java.sql.SQLException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Root of everything the session layer throws; its children are named for what could not be done.
 *
 * <p>No message holds a bound value, a password or a URL. The cause, when there is one, is a copy
 * of the driver's exception whose text is withheld wherever a driver is known to quote data.
 */
public class DbException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Written before the exception is thrown; -1 when it is of no batch. */
  private int batchRow = -1;

  /**
   * Describes a failure.
   *
   * @param message one sentence, free of data
   * @param cause what the driver said, or null when the layer itself refused
   */
  public DbException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** The five-character SQLState of the driver's exception, or null when there is none. */
  public final @Nullable String sqlState() {
    return getCause() instanceof SQLException ? ((SQLException) getCause()).getSQLState() : null;
  }

  /** The vendor's error number, or 0 when there is none. */
  public final int vendorCode() {
    return getCause() instanceof SQLException ? ((SQLException) getCause()).getErrorCode() : 0;
  }

  /** The index from 0 of the row of a {@link Batch} that failed; empty when it is not known. */
  public final OptionalInt batchRow() {
    return batchRow < 0 ? OptionalInt.empty() : OptionalInt.of(batchRow);
  }

  final DbException atRow(int row) {
    batchRow = row;
    return this;
  }

  /** Whether the same work may succeed a moment later without anybody changing anything. */
  public boolean isTransient() {
    return false;
  }
}
