package dev.drawbridge.migrations;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.output.MigrateResult;
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

  private static final Logger log = LoggerFactory.getLogger(Migrations.class);

  private final Builder values;

  private Migrations(Builder values) {
    this.values = values;
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
    String dialect = dialect(values.url);
    Mode mode = values.mode;
    if (mode == Mode.AUTO) {
      mode = dialect.equals("h2") ? Mode.MIGRATE : Mode.VALIDATE;
    }
    if (mode == Mode.OFF) {
      return new MigrationResult(mode, 0, null);
    }
    try {
      Flyway flyway = flyway(dialect);
      int applied = 0;
      if (mode == Mode.MIGRATE) {
        MigrateResult result = flyway.migrate();
        applied = result.migrationsExecuted;
      } else {
        flyway.validate();
      }
      MigrationInfo current = flyway.info().current();
      String version =
          current == null || current.getVersion() == null ? null : current.getVersion().toString();
      log.info("schema version {} ({}, {} applied)", version, mode, applied);
      return new MigrationResult(mode, applied, version);
    } catch (FlywayException e) {
      throw new MigrationException("migration failed: " + e.getMessage(), e);
    }
  }

  private Flyway flyway(String dialect) {
    List<String> locations = new ArrayList<>();
    locations.add("classpath:db/migration/common");
    locations.add("classpath:db/migration/" + dialect);
    return Flyway.configure(Migrations.class.getClassLoader())
        .dataSource(values.url, values.user, values.password)
        .locations(locations.toArray(new String[0]))
        .table(DEFAULT_HISTORY_TABLE)
        .cleanDisabled(true)
        .outOfOrder(false)
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .load();
  }

  private static String dialect(String url) {
    String lower = url.toLowerCase(Locale.ROOT);
    if (lower.startsWith("jdbc:h2:")) {
      return "h2";
    }
    if (lower.startsWith("jdbc:postgresql:")) {
      return "postgresql";
    }
    if (lower.startsWith("jdbc:mariadb:")) {
      return "mariadb";
    }
    throw new MigrationException(
        "migrations exist for h2, postgresql and mariadb, not for this URL", null);
  }

  /** Collects what {@link Migrations} needs. Not thread-safe. */
  public static final class Builder {
    private String url = "";
    private @Nullable String user;
    private @Nullable String password;
    private Mode mode = Mode.AUTO;

    private Builder() {}

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

    /** What to do; {@link Mode#AUTO} unless given. */
    public Builder mode(Mode value) {
      mode = value;
      return this;
    }

    /** Checks the values. */
    public Migrations build() {
      if (!url.startsWith("jdbc:")) {
        throw new MigrationException("url must start with 'jdbc:'", null);
      }
      return new Migrations(this);
    }
  }
}
