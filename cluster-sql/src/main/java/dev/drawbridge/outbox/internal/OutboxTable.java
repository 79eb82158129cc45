package dev.drawbridge.outbox.internal;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbConstraintException;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.Dialect;
import java.util.List;
import java.util.Optional;

/**
 * The three tables of the outbox. Each call is one short transaction; each may throw {@link
 * DbException}. Stateless.
 */
final class OutboxTable {
  /** How long a lease lives after it was taken or renewed, by the database's clock: {@value} ms. */
  static final long LEASE_MS = 5_000;

  /** Data up to this length comes with its row: {@value} characters. */
  static final int INLINE = 4_096;

  /** Rejected rows that are kept: {@value}. */
  static final int REJECTED = 1_000;

  private static final String DELETE = "DELETE FROM drawbridge_outbox WHERE id IN (:ids)";

  private static final int MAX_REASON = 1_000;
  private static final int TRIMMED_AT_ONCE = 256;

  /** Of the row of the lease; its end in epoch milliseconds by the database's clock. */
  record Lease(String holder, long until) {}

  private final Database database;
  private final String nowMillis;
  private final String ageMillis;
  private final String stamp;

  OutboxTable(Database database) {
    this.database = database;
    Dialect dialect = database.dialect();
    if (dialect == Dialect.POSTGRESQL) {
      nowMillis = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";
      ageMillis =
          counted("CAST(EXTRACT(EPOCH FROM clock_timestamp() - created_at) * 1000 AS BIGINT)");
      stamp = counted("CAST(EXTRACT(EPOCH FROM created_at) * 1000000 AS BIGINT)");
    } else if (dialect == Dialect.MARIADB || dialect == Dialect.MYSQL) {
      // Of UTC: the hour that comes twice in autumn would take a lease back.
      nowMillis = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) DIV 1000";
      ageMillis = "COALESCE(TIMESTAMPDIFF(MICROSECOND, created_at, NOW(6)) DIV 1000, 0)";
      // The same in each zone of a session, unlike differences.
      stamp = "COALESCE(CAST(UNIX_TIMESTAMP(created_at) * 1000000 AS SIGNED), 0)";
    } else {
      nowMillis = "CAST(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000 AS BIGINT)";
      ageMillis = counted("DATEDIFF(MILLISECOND, created_at, CURRENT_TIMESTAMP)");
      stamp = counted("CAST(EXTRACT(EPOCH FROM created_at) * 1000000 AS BIGINT)");
    }
  }

  /** Somebody may have set a time that no number holds, such as {@code infinity}. */
  private static String counted(String sql) {
    return "CASE WHEN created_at BETWEEN TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00'"
        + " AND TIMESTAMP WITH TIME ZONE '9999-12-31 00:00:00+00' THEN "
        + sql
        + " ELSE 0 END";
  }

  private String readSql(int limit) {
    return "SELECT id, channel, type, CASE WHEN CHAR_LENGTH(data) <= "
        + INLINE
        + " THEN data END AS body, COALESCE(CHAR_LENGTH(data), 0) AS body_length, "
        + stamp
        + " AS stamp, "
        + ageMillis
        + " AS age_ms FROM drawbridge_outbox ORDER BY id LIMIT "
        + limit;
  }

  /** The first rows of what is committed, by id. */
  List<Waiting> read(int limit) {
    return database.read(
        session ->
            session
                .query(readSql(limit))
                .list(
                    row ->
                        new Waiting(
                            row.longValue("id"),
                            row.string("channel"),
                            row.string("type"),
                            row.stringOrNull("body"),
                            row.longValue("body_length"),
                            row.longValue("stamp"),
                            row.longValue("age_ms"))));
  }

  /** How old the first row is in milliseconds; empty when there is none. */
  Optional<Long> oldest() {
    return database.read(
        session ->
            session
                .query(
                    "SELECT id, "
                        + ageMillis
                        + " AS age_ms FROM drawbridge_outbox ORDER BY id LIMIT 1")
                .list(row -> row.longValue("age_ms"))
                .stream()
                .findFirst());
  }

  /** The data of one row, empty when the row is gone or has none. */
  Optional<String> data(long id) {
    return database.read(
        session ->
            session
                .query("SELECT data FROM drawbridge_outbox WHERE id = ?", id)
                .list(row -> Optional.ofNullable(row.stringOrNull("data")))
                .stream()
                .findFirst()
                .orElse(Optional.empty()));
  }

  /** Deletes rows; those that are gone already are nothing. */
  void delete(List<Long> ids) {
    database.transact(session -> session.update(DELETE).bind("ids", ids).run());
  }

  /**
   * Takes the lease, or renews it.
   *
   * @return false while another holder has it
   */
  boolean lease(String holder) {
    // One that ends later than any that is taken now is of a clock that was set back since.
    String sql =
        "UPDATE drawbridge_outbox_relay SET holder = :holder, lease_until = "
            + nowMillis
            + " + :lease WHERE id = 1 AND (holder = :holder OR lease_until < "
            + nowMillis
            + " OR lease_until > "
            + nowMillis
            + " + :lease)";
    try (DbSession session = database.openSession()) {
      return session.update(sql).bind("holder", holder).bind("lease", LEASE_MS).run() > 0;
    }
  }

  /** Puts the row of the lease back where somebody has emptied its table. */
  void ensureLease() {
    boolean missing =
        database.read(
            session ->
                session
                    .query("SELECT id FROM drawbridge_outbox_relay WHERE id = 1")
                    .list(row -> row.longValue("id"))
                    .isEmpty());
    if (missing) {
      try (DbSession session = database.openSession()) {
        session
            .update(
                "INSERT INTO drawbridge_outbox_relay (id, holder, lease_until)"
                    + " VALUES (1, 'nobody', 0)")
            .run();
      } catch (DbConstraintException e) {
        // Another server was faster.
      }
    }
  }

  /** Who has the lease, or had it last. */
  Optional<Lease> present() {
    return database.read(
        session ->
            session
                .query("SELECT holder, lease_until FROM drawbridge_outbox_relay WHERE id = 1")
                .list(row -> new Lease(row.string("holder"), row.longValue("lease_until")))
                .stream()
                .findFirst());
  }

  /**
   * Lets the next one take it at once. When it ended stays to be seen: a later time than this is of
   * a server that lives.
   */
  void release(String holder) {
    try (DbSession session = database.openSession()) {
      session
          .update(
              "UPDATE drawbridge_outbox_relay SET lease_until = "
                  + nowMillis
                  + " - 1 WHERE id = 1 AND holder = ?",
              holder)
          .run();
    }
  }

  /**
   * Moves a row aside, in one transaction; of its data no more than could have been sent.
   *
   * @param longest characters of the data that are kept
   * @return false if the row is gone: another server has done so, and its copy stays
   */
  boolean reject(Waiting bad, String reason, int longest) {
    long id = bad.id();
    String kept = reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) : reason;
    return database.transact(
        session -> {
          List<Long> present =
              session
                  .query(
                      "SELECT "
                          + stamp
                          + " AS stamp FROM drawbridge_outbox WHERE id = ? FOR UPDATE",
                      id)
                  .list(row -> row.longValue("stamp"));
          if (!present.equals(List.of(bad.stamp()))) {
            return false;
          }
          // A row of this id may be there: ids begin anew after a restored backup.
          session.update("DELETE FROM drawbridge_outbox_rejected WHERE id = ?", id).run();
          session
              .update(
                  "INSERT INTO drawbridge_outbox_rejected (id, channel, type, data, created_at,"
                      + " reason) SELECT id, channel, type, SUBSTRING(data, 1, "
                      + longest
                      + "), created_at, :reason FROM drawbridge_outbox WHERE id = :id")
              .bind("reason", kept)
              .bind("id", id)
              .run();
          session.update(DELETE).bind("ids", List.of(id)).run();
          return true;
        });
  }

  /** Deletes those rejected first, beyond the last {@value #REJECTED}. */
  void trimRejected() {
    List<Long> old =
        database.read(
            session ->
                session
                    .query(
                        "SELECT id FROM drawbridge_outbox_rejected"
                            + " ORDER BY rejected_at DESC, id DESC LIMIT "
                            + TRIMMED_AT_ONCE
                            + " OFFSET "
                            + REJECTED)
                    .list(row -> row.longValue("id")));
    if (!old.isEmpty()) {
      database.transact(
          session ->
              session
                  .update("DELETE FROM drawbridge_outbox_rejected WHERE id IN (:ids)")
                  .bind("ids", old)
                  .run());
    }
  }

  /** True if the statement failed because the tables are not there. */
  static boolean isMissing(DbException e) {
    String state = e.sqlState();
    // PostgreSQL; MariaDB, MySQL and H2.
    return state != null && (state.equals("42P01") || state.startsWith("42S0"));
  }
}
