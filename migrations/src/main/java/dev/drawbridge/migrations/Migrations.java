package dev.drawbridge.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.core.api.output.ValidateOutput;
import org.flywaydb.core.api.output.ValidateResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies or validates the schema at start. Immutable; several processes may run it at once.
 *
 * <p>Opens connections of its own, never from a pool: it needs two at a time, no time-out, and
 * often another database user. Keeps its history in {@value #DEFAULT_HISTORY_TABLE}, so that
 * another Flyway in the same schema is left alone.
 */
public final class Migrations {
  /** The table of applied versions: {@value}. */
  public static final String DEFAULT_HISTORY_TABLE = "drawbridge_schema_history";

  private static final int CREATION_ATTEMPTS = 20;
  private static final long CREATION_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private static final ReentrantLock H2_LOCK = new ReentrantLock();
  private static final Logger log = LoggerFactory.getLogger(Migrations.class);

  private final Builder values;

  private Migrations(Builder values) {
    this.values = values.copy();
  }

  /** Starts at the defaults: mode {@link Mode#AUTO}. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Does what the mode says.
   *
   * @throws MigrationException when the schema is not what the application needs
   */
  public MigrationResult run() {
    if (values.mode == Mode.OFF) {
      return new MigrationResult(Mode.OFF, 0, null);
    }
    try {
      Dialect dialect = Dialect.of(values.url, values.dataSource);
      Mode mode = values.mode;
      if (mode == Mode.AUTO) {
        mode = dialect == Dialect.H2 ? Mode.MIGRATE : Mode.VALIDATE;
      }
      Flyway flyway = flyway(dialect);
      if (dialect == Dialect.POSTGRESQL) {
        checkSchema(flyway);
      }
      int applied = 0;
      if (mode == Mode.MIGRATE) {
        applied = dialect == Dialect.H2 ? migrateAlone(flyway) : migrate(flyway);
      }
      checkApplied(flyway);
      MigrationResult result = new MigrationResult(mode, applied, version(flyway));
      log.info("schema version {} ({}, {} applied)", result.version(), mode, applied);
      return result;
    } catch (FlywayException e) {
      throw Failures.translate(e);
    }
  }

  /**
   * Forgets a migration that failed on a database without transactional DDL (MariaDB, H2), after
   * its half was undone by hand; then {@link #run} can try again.
   *
   * @throws MigrationException when the history cannot be changed
   */
  public void repair() {
    try {
      flyway(Dialect.of(values.url, values.dataSource)).repair();
    } catch (FlywayException e) {
      throw Failures.translate(e);
    }
  }

  /**
   * The schema that a URL names by {@code currentSchema} must be there: the tables would go to
   * another one, or to one that is made by mistake.
   */
  private static void checkSchema(Flyway flyway) {
    try (Connection connection = flyway.getConfiguration().getDataSource().getConnection()) {
      if (connection.getSchema() == null) {
        throw new MigrationException(
            "the schema that the URL or the user's search_path names must exist: create it first",
            null);
      }
    } catch (SQLException e) {
      // of no schema: connecting fails again below, in its own words
      log.debug("the schema could not be asked for: {}", e.getClass().getName());
    }
  }

  /** H2 commits at each DDL statement, which ends Flyway's lock; but it lives in one process. */
  private static int migrateAlone(Flyway flyway) {
    H2_LOCK.lock();
    try {
      return migrate(flyway);
    } finally {
      H2_LOCK.unlock();
    }
  }

  /**
   * Flyway locks its history table, but two nodes may still meet while the first one creates it:
   * the other then finds it without its first row. A moment later all is well.
   */
  private static int migrate(Flyway flyway) {
    for (int attempt = 1; ; attempt++) {
      try {
        return flyway.migrate().migrationsExecuted;
      } catch (FlywayException e) {
        boolean met = String.valueOf(e.getMessage()).contains("schema history table");
        if (!met || attempt == CREATION_ATTEMPTS || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LockSupport.parkNanos(CREATION_PAUSE_NANOS);
      }
    }
  }

  private static @Nullable String version(Flyway flyway) {
    MigrationInfo current = flyway.info().current();
    return current == null || current.getVersion() == null ? null : current.getVersion().toString();
  }

  /** What Flyway finds wrong with the history, and what it lacks, as one sentence each. */
  private static void checkApplied(Flyway flyway) {
    MigrationInfo[] pending = flyway.info().pending();
    if (pending.length > 0) {
      throw new MigrationException(
          "the schema lacks "
              + Arrays.stream(pending)
                  .map(MigrationInfo::getScript)
                  .collect(Collectors.joining(", "))
              + ": run them with mode MIGRATE and a user who may change the schema",
          null);
    }
    ValidateResult result = flyway.validateWithResult();
    if (!result.validationSuccessful) {
      ValidateOutput first = result.invalidMigrations.get(0);
      throw new MigrationException(
          "the schema's history does not fit: " + Failures.line(first.errorDetails.errorMessage),
          null);
    }
  }

  private Flyway flyway(Dialect dialect) {
    List<String> locations = new ArrayList<>(dialect.locations());
    locations.addAll(values.locations);
    FluentConfiguration configuration = Flyway.configure(Migrations.class.getClassLoader());
    if (dialect == Dialect.POSTGRESQL) {
      // pgbouncer may run every transaction on another connection, where nothing is prepared
      configuration.jdbcProperties(Map.of("prepareThreshold", "0"));
    }
    if (values.dataSource != null) {
      configuration.dataSource(values.dataSource);
    } else {
      configuration.dataSource(values.url, values.user, values.password);
    }
    List<String> ignored = new ArrayList<>(List.of("*:pending"));
    if (values.allowNewer) {
      ignored.add("*:future");
    }
    return configuration
        .locations(locations.toArray(new String[0]))
        .failOnMissingLocations(true)
        .table(values.historyTable)
        .ignoreMigrationPatterns(ignored.toArray(new String[0]))
        .connectRetries((int) values.startWait.toSeconds())
        .connectRetriesInterval(1)
        .cleanDisabled(true)
        .createSchemas(false)
        .outOfOrder(false)
        // a legacy schema has tables already; our history starts before all of our versions
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .load();
  }

  /** Collects what {@link Migrations} needs. Not thread-safe. */
  public static final class Builder {
    private @Nullable String url;
    private @Nullable String user;
    private @Nullable String password;
    private @Nullable DataSource dataSource;
    private Mode mode = Mode.AUTO;
    private String historyTable = DEFAULT_HISTORY_TABLE;
    private boolean allowNewer;
    private Duration startWait = Duration.ZERO;
    private List<String> locations = List.of();

    private Builder() {}

    private Builder copy() {
      Builder copy = new Builder();
      copy.url = url;
      copy.user = user;
      copy.password = password;
      copy.dataSource = dataSource;
      copy.mode = mode;
      copy.historyTable = historyTable;
      copy.allowNewer = allowNewer;
      copy.startWait = startWait;
      copy.locations = List.copyOf(locations);
      return copy;
    }

    /** A {@code jdbc:} URL of H2, PostgreSQL or MariaDB. */
    public Builder url(String value) {
      url = value;
      return this;
    }

    /** A database user who may change the schema; often not the application's. */
    public Builder user(@Nullable String value) {
      user = value;
      return this;
    }

    /** The password of that user. */
    public Builder password(@Nullable String value) {
      password = value;
      return this;
    }

    /** A data source instead of a URL; a pool must give two connections at once. */
    public Builder dataSource(DataSource value) {
      dataSource = value;
      return this;
    }

    /** What to do; {@link Mode#AUTO} unless given. */
    public Builder mode(Mode value) {
      mode = value;
      return this;
    }

    /** The table of applied versions, {@value Migrations#DEFAULT_HISTORY_TABLE} unless given. */
    public Builder historyTable(String value) {
      historyTable = value;
      return this;
    }

    /** Accepts a schema newer than this code, as rolling deployments have it; off unless given. */
    public Builder allowNewer(boolean value) {
      allowNewer = value;
      return this;
    }

    /** How long to wait for the database, in whole seconds; not at all unless given. */
    public Builder startWait(Duration value) {
      startWait = value;
      return this;
    }

    /** More places with migrations, for tests of this module. */
    Builder locations(String... values) {
      locations = List.of(values);
      return this;
    }

    /**
     * Checks the values.
     *
     * @throws MigrationException naming the value
     */
    public Migrations build() {
      check((url == null) != (dataSource == null), "either url or dataSource must be set");
      check(url == null || url.startsWith("jdbc:"), "url must start with 'jdbc:'");
      check(!historyTable.isBlank(), "historyTable must not be blank");
      check(!startWait.isNegative(), "startWait must not be negative: " + startWait);
      return new Migrations(this);
    }

    private static void check(boolean holds, String rule) {
      if (!holds) {
        throw new MigrationException(rule, null);
      }
    }
  }
}
