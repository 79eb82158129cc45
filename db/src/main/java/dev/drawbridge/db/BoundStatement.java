package dev.drawbridge.db;

import dev.drawbridge.db.internal.config.Timeouts;
import dev.drawbridge.db.internal.session.SessionConnection;
import dev.drawbridge.db.internal.sql.SqlText;
import dev.drawbridge.db.internal.values.Parameters;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a {@link Query} and an {@link Update} have in common. Owned by the session's thread. */
final class BoundStatement {
  private final DbSession session;
  private final SqlText sql;
  private final Parameters parameters;
  private @Nullable Duration timeout;

  BoundStatement(DbSession session, SqlText sql, @Nullable Object @Nullable [] values) {
    this.session = session;
    this.sql = sql;
    this.parameters = new Parameters(sql, values);
  }

  DbSession session() {
    return session;
  }

  SqlText sql() {
    return sql;
  }

  @Nullable Duration timeout() {
    return timeout;
  }

  void bind(String name, @Nullable Object value) {
    parameters.bind(name, value);
  }

  void limit(Duration limit) {
    timeout = Timeouts.checked(limit);
  }

  void allowEmptyLists() {
    parameters.allowEmptyLists();
  }

  /** Prepares it, null for the plain way, and does the work with it. */
  <T extends @Nullable Object> T run(
      SessionConnection.@Nullable Preparation way, StatementWork<T> work) {
    return session.run(sql, parameters.ordered(), timeout, way, work);
  }
}
