package dev.drawbridge.db;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What is done with a prepared statement. */
interface StatementWork<T extends @Nullable Object> {
  T run(PreparedStatement statement) throws SQLException;
}
