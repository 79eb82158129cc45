package dev.drawbridge.cluster.sql;

import dev.drawbridge.endpoint.cluster.EngineInfo;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What a database says of itself, and what of it somebody should look at. Stateless. */
final class SqlFacts {
  private static final long CLOCKS_APART_MILLIS = Duration.ofSeconds(5).toMillis();
  private static final int OLDEST_POSTGRESQL = 12;

  private SqlFacts() {}

  /**
   * Asks it.
   *
   * @param wake as it is known by now
   */
  static EngineInfo of(SqlLine.Call call, String wake) throws SQLException {
    boolean postgresql = call.kind().isPostgresql();
    String[] said = new String[3];
    long[] millis = new long[1];
    call.query(
        row -> {
          millis[0] = row.getLong(1);
          said[0] = row.getString(2);
          said[1] = row.getString(3);
          said[2] = row.getString(4);
        },
        postgresql
            ? "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint),"
                + " current_setting('server_version'), current_setting('fsync'), 'off'"
            : "SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED), version(),"
                + " @@innodb_flush_log_at_trx_commit, @@wsrep_on");
    List<String> warnings = new ArrayList<>();
    int major = call.connection().getMetaData().getDatabaseMajorVersion();
    int minor = call.connection().getMetaData().getDatabaseMinorVersion();
    if (postgresql ? major < OLDEST_POSTGRESQL : major < 10 || (major == 10 && minor < 6)) {
      warnings.add(
          (postgresql ? "PostgreSQL 12" : "MariaDB 10.6")
              + " or newer is wanted, this is "
              + said[0]);
    }
    boolean durable = said[1].equals(postgresql ? "on" : "1");
    if (postgresql && !durable) {
      warnings.add("fsync is off: a crash of the machine may lose what was published");
    }
    if (!said[2].equals("0") && !said[2].equals("off")) {
      warnings.add(
          "this is a node of Galera: let all servers connect to the same one, for each change of it"
              + " begins the log anew");
    }
    if (call.kind() == Server.POSTGRESQL_WITHOUT_TIMELINE) {
      warnings.add(
          "this PostgreSQL does not tell its timeline: a change of it without a restart of the"
              + " process is not noticed by that");
    }
    long apart = millis[0] - System.currentTimeMillis();
    if (Math.abs(apart) > CLOCKS_APART_MILLIS) {
      warnings.add("the clock of the database is " + apart + " ms ahead of this server's");
    }
    return new EngineInfo(
        "sql",
        (postgresql ? "PostgreSQL " : "MariaDB ") + said[0],
        durable ? "each commit" : postgresql ? "none" : "each second",
        "",
        wake,
        warnings);
  }
}
