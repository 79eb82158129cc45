package dev.drawbridge.db;

import static dev.drawbridge.db.internal.config.ConfigRules.atLeast;
import static dev.drawbridge.db.internal.config.ConfigRules.check;
import static dev.drawbridge.db.internal.config.ConfigRules.given;
import static dev.drawbridge.db.internal.config.ConfigRules.positive;
import static dev.drawbridge.db.internal.config.ConfigRules.range;

import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Database} is reached and pooled. Immutable; {@link #toString} shows neither the
 * password nor what a URL may hold besides host and database.
 */
public final class DatabaseConfig {
  /** Used when no URL is given: in memory, gone with the process. */
  public static final String DEFAULT_URL = "jdbc:h2:mem:app;DB_CLOSE_DELAY=-1";

  /** The pool's name: {@value}. */
  public static final String DEFAULT_NAME = "drawbridge-db";

  /** {@value} connections. */
  public static final int DEFAULT_POOL_SIZE = 10;

  /** The largest pool: {@value} connections. */
  public static final int MAX_POOL_SIZE = 1000;

  /** How long a caller waits for a connection unless told otherwise: 2 s. */
  public static final Duration DEFAULT_ACQUIRE_TIMEOUT = Duration.ofSeconds(2);

  /** How long a statement may run unless told otherwise: 5 s. */
  public static final Duration DEFAULT_QUERY_TIMEOUT = Duration.ofSeconds(5);

  /** What to do when the database does not answer at start. */
  public enum StartMode {
    /** {@link Database#open} throws after {@link DatabaseConfig#startWait}. */
    REQUIRE,
    /** {@link Database#open} returns at once; the pool keeps trying. */
    DEGRADED
  }

  /** A pooler of connections between this layer and PostgreSQL, like pgbouncer. */
  public enum Pooler {
    /** Looked for at the first connection, which costs it one statement. */
    AUTO,
    /** There is none, or it keeps a server connection for each of ours. */
    NONE,
    /** It may give every transaction another server connection. */
    TRANSACTION
  }

  private final Builder values;

  private DatabaseConfig(Builder values) {
    this.values = values.copy();
  }

  /** Starts at the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Reads settings by name: {@code db} and the name of the builder's method, like {@code dbUrl} or
   * {@code dbPoolSize}. Durations are like {@code 45s} or {@code PT45S}; {@code dbJndi} wins over
   * {@code dbUrl}.
   *
   * @param settings the text of a setting, or null when it is not set
   * @throws DbConfigException naming the first setting that cannot work, and a setting that has a
   *     value under another spelling of its name, like {@code db.url} or {@code DB_URL}
   */
  public static DatabaseConfig from(Function<String, @Nullable String> settings) {
    return DatabaseSettings.read(settings);
  }

  /**
   * Reads properties with the names of {@link #from}; others are left alone unless they start with
   * {@code db} and an upper-case letter or a separator, in any letters.
   *
   * @throws DbConfigException also for an unknown name, with the nearest known one
   */
  public static DatabaseConfig fromProperties(Properties properties) {
    DatabaseSettings.checkNames(properties.stringPropertyNames());
    return from(properties::getProperty);
  }

  /**
   * Reads properties like {@link #fromProperties(Properties)} whose names start with a prefix: with
   * {@code ledger.} that is {@code ledger.dbUrl}. All others are left alone.
   *
   * @throws DbConfigException also for an unknown name behind the prefix
   */
  public static DatabaseConfig fromProperties(Properties properties, String prefix) {
    Properties ours = new Properties();
    for (String name : properties.stringPropertyNames()) {
      if (name.startsWith(prefix)) {
        ours.setProperty(name.substring(prefix.length()), properties.getProperty(name));
      }
    }
    return fromProperties(ours);
  }

  /**
   * Reads environment variables: the names of {@link #from} in upper case with a prefix, like
   * {@code APP_DB_POOL_SIZE} for the prefix {@code APP_}.
   *
   * @throws DbConfigException also for an unknown name that starts with the prefix and {@code DB_},
   *     with the nearest known one; what Kubernetes sets for a service is left alone
   */
  public static DatabaseConfig fromEnvironment(String prefix) {
    return DatabaseSettings.fromEnvironment(prefix, System.getenv());
  }

  /** Starts at the values of this one. */
  public Builder toBuilder() {
    return values.copy();
  }

  /** The JDBC URL; may hold secrets, so never print it. */
  public String url() {
    return values.url;
  }

  /** Whether the URL was given, so that {@link #DEFAULT_URL} is not used by accident. */
  public boolean hasUrl() {
    return values.urlGiven;
  }

  /** The database user, or null when the URL or the driver has it. */
  public @Nullable String user() {
    return values.user;
  }

  /** The password, or null. */
  public @Nullable String password() {
    return values.password;
  }

  /** A file that holds the password, read for every new connection; or null. */
  public @Nullable Path passwordFile() {
    return values.passwordFile;
  }

  /** The container's data source, or null when there is a URL. */
  public @Nullable String jndi() {
    return values.jndi;
  }

  /** The name of the pool, in logs and in JMX. */
  public String name() {
    return values.name;
  }

  /** Run once on every new connection; null for none. */
  public @Nullable String initSql() {
    return values.initSql;
  }

  /** The time zone of columns that have none; UTC unless given. */
  public ZoneId timeZone() {
    return values.timeZone;
  }

  /** Properties for the driver, besides those of the URL; may hold secrets. */
  public Map<String, String> driverProperties() {
    return Collections.unmodifiableMap(values.driverProperties);
  }

  /** Who learns of every statement. */
  public List<StatementListener> listeners() {
    return Collections.unmodifiableList(values.listeners);
  }

  /** What is between this layer and PostgreSQL. */
  public Pooler pooler() {
    return values.pooler;
  }

  /** Whether the numbers are offered by JMX. */
  public boolean jmx() {
    return values.jmx;
  }

  /** How many connections the pool holds. */
  public int poolSize() {
    return values.poolSize;
  }

  /** How long a caller waits for a connection. */
  public Duration acquireTimeout() {
    return values.acquireTimeout;
  }

  /** How long a statement may run unless it or its session says otherwise. */
  public Duration queryTimeout() {
    return values.queryTimeout;
  }

  /** How long opening a connection may take. */
  public Duration connectTimeout() {
    return values.connectTimeout;
  }

  /** How long the driver waits for an answer on a socket; always more than the query time-out. */
  public Duration socketTimeout() {
    return values.socketTimeout;
  }

  /** When a connection is replaced. */
  public Duration maxLifetime() {
    return values.maxLifetime;
  }

  /** How often an idle connection is used, so that nothing on the way forgets it. */
  public Duration keepalive() {
    return values.keepalive;
  }

  /** After what time an open session is reported as a leak; zero means never. */
  public Duration leakAfter() {
    return values.leakAfter;
  }

  /** How long {@link Database#open} waits for the first connection. */
  public Duration startWait() {
    return values.startWait;
  }

  /** What to do when the database does not answer at start. */
  public StartMode startMode() {
    return values.startMode;
  }

  @Override
  public String toString() {
    return "DatabaseConfig[url="
        + Urls.masked(url())
        + ", user="
        + (user() == null ? "none" : "set")
        + ", password="
        + (password() == null ? "none" : "***")
        + ", poolSize="
        + poolSize()
        + ", acquireTimeout="
        + acquireTimeout()
        + ", queryTimeout="
        + queryTimeout()
        + "]";
  }

  /** Collects the values of a {@link DatabaseConfig}. Not thread-safe. */
  public static final class Builder {
    private String url = DEFAULT_URL;
    private boolean urlGiven;
    private @Nullable String user;
    private @Nullable String password;
    private @Nullable Path passwordFile;
    private String name = DEFAULT_NAME;
    private @Nullable String jndi;
    private @Nullable String initSql;
    private ZoneId timeZone = ZoneOffset.UTC;
    private Map<String, String> driverProperties = new TreeMap<>();
    private List<StatementListener> listeners = new ArrayList<>();
    private boolean jmx;
    private Pooler pooler = Pooler.AUTO;
    private int poolSize = DEFAULT_POOL_SIZE;
    private Duration acquireTimeout = DEFAULT_ACQUIRE_TIMEOUT;
    private Duration queryTimeout = DEFAULT_QUERY_TIMEOUT;
    private Duration connectTimeout = Duration.ofSeconds(3);
    private Duration socketTimeout = Duration.ofSeconds(15);
    private Duration maxLifetime = Duration.ofMinutes(25);
    private Duration keepalive = Duration.ofMinutes(2);
    private Duration leakAfter = Duration.ofSeconds(30);
    private Duration startWait = Duration.ofSeconds(30);
    private StartMode startMode = StartMode.REQUIRE;

    private Builder() {}

    private Builder copy() {
      Builder copy = new Builder();
      copy.url = url;
      copy.urlGiven = urlGiven;
      copy.user = user;
      copy.password = password;
      copy.passwordFile = passwordFile;
      copy.name = name;
      copy.jndi = jndi;
      copy.initSql = initSql;
      copy.timeZone = timeZone;
      copy.driverProperties = new TreeMap<>(driverProperties);
      copy.listeners = new ArrayList<>(listeners);
      copy.jmx = jmx;
      copy.pooler = pooler;
      copy.poolSize = poolSize;
      copy.acquireTimeout = acquireTimeout;
      copy.queryTimeout = queryTimeout;
      copy.connectTimeout = connectTimeout;
      copy.socketTimeout = socketTimeout;
      copy.maxLifetime = maxLifetime;
      copy.keepalive = keepalive;
      copy.leakAfter = leakAfter;
      copy.startWait = startWait;
      copy.startMode = startMode;
      return copy;
    }

    /** A {@code jdbc:} URL; see {@link DatabaseConfig#DEFAULT_URL}. */
    public Builder url(String value) {
      url = value;
      urlGiven = true;
      return this;
    }

    /** The database user. */
    public Builder user(@Nullable String value) {
      user = value;
      return this;
    }

    /** The password of the database user. */
    public Builder password(@Nullable String value) {
      password = value;
      return this;
    }

    /** A file with the password, instead of {@link #password}; read for every new connection. */
    public Builder passwordFile(@Nullable Path value) {
      passwordFile = value;
      return this;
    }

    /** JNDI name of a container's {@code DataSource}, used as it is instead of a URL. */
    public Builder jndi(@Nullable String value) {
      jndi = value;
      return this;
    }

    /** The name of the pool, {@value DatabaseConfig#DEFAULT_NAME} unless given. */
    public Builder name(String value) {
      name = value;
      return this;
    }

    /**
     * One statement for every new connection. The session's time zone is set after it on H2 and
     * MariaDB, which need it for instants; on PostgreSQL it is UTC when there is no such statement,
     * and otherwise what the statement or the server makes it.
     */
    public Builder initSql(@Nullable String value) {
      initSql = value;
      return this;
    }

    /**
     * The time zone of columns that have none, UTC unless given: for tables that hold local time.
     * In the hour that a clock shows twice such a column cannot tell which one is meant; the first
     * is taken. MariaDB needs its table of time zones for another one than a fixed offset.
     */
    public Builder timeZone(ZoneId value) {
      timeZone = value;
      return this;
    }

    /** Adds a property for the driver; what the layer would set itself gives way to it. */
    public Builder driverProperty(String key, String value) {
      driverProperties.put(key, value);
      return this;
    }

    /**
     * Adds a listener for statements, like {@link StatementListener#slowerThan} or {@link
     * MicrometerStatements}.
     */
    public Builder listener(StatementListener value) {
      listeners.add(value);
      return this;
    }

    /** What is between this layer and PostgreSQL; {@link Pooler#AUTO} unless given. */
    public Builder pooler(Pooler value) {
      pooler = value;
      return this;
    }

    /** Offers the numbers by JMX; off unless asked. */
    public Builder jmx(boolean value) {
      jmx = value;
      return this;
    }

    /** Connections in the pool, 1 to {@link DatabaseConfig#MAX_POOL_SIZE}. */
    public Builder poolSize(int value) {
      poolSize = value;
      return this;
    }

    /** How long a caller waits for a connection, 250 ms or more. */
    public Builder acquireTimeout(Duration value) {
      acquireTimeout = value;
      return this;
    }

    /** How long a statement may run, more than zero; rounded up to whole seconds. */
    public Builder queryTimeout(Duration value) {
      queryTimeout = value;
      return this;
    }

    /** How long opening a connection may take, 250 ms or more. */
    public Builder connectTimeout(Duration value) {
      connectTimeout = value;
      return this;
    }

    /** How long the driver waits on a socket; more than the query time-out. */
    public Builder socketTimeout(Duration value) {
      socketTimeout = value;
      return this;
    }

    /** When a connection is replaced, 30 s or more. */
    public Builder maxLifetime(Duration value) {
      maxLifetime = value;
      return this;
    }

    /** How often an idle connection is used, 30 s or more and less than the maximal lifetime. */
    public Builder keepalive(Duration value) {
      keepalive = value;
      return this;
    }

    /** After what time an open session is reported as a leak; zero means never. */
    public Builder leakAfter(Duration value) {
      leakAfter = value;
      return this;
    }

    /** How long to wait for the first connection, zero or more. */
    public Builder startWait(Duration value) {
      startWait = value;
      return this;
    }

    /** What to do when the database does not answer at start. */
    public Builder startMode(StartMode value) {
      startMode = value;
      return this;
    }

    /**
     * Checks all rules. No time may be longer than 24 days, which some drivers cannot count.
     *
     * @throws DbConfigException naming the setting and its value
     */
    public DatabaseConfig build() {
      given("url", url);
      check(url.startsWith("jdbc:"), "url must start with 'jdbc:'");
      check(jndi == null || !urlGiven, "url and jndi must not both be set");
      given("name", name);
      check(!name.isBlank(), "name must not be blank");
      check(
          password == null || passwordFile == null,
          "password and passwordFile must not both be set");
      given("timeZone", timeZone);
      range("poolSize", poolSize, 1, MAX_POOL_SIZE);
      atLeast("acquireTimeout", acquireTimeout, Duration.ofMillis(250));
      positive("queryTimeout", queryTimeout);
      atLeast("connectTimeout", connectTimeout, Duration.ofMillis(250));
      atLeast("socketTimeout", socketTimeout, Duration.ZERO);
      atLeast("maxLifetime", maxLifetime, Duration.ofSeconds(30));
      atLeast("keepalive", keepalive, Duration.ofSeconds(30));
      atLeast("leakAfter", leakAfter, Duration.ZERO);
      atLeast("startWait", startWait, Duration.ZERO);
      given("startMode", startMode);
      given("pooler", pooler);
      check(
          socketTimeout.compareTo(queryTimeout) > 0,
          "socketTimeout (" + socketTimeout + ") must be > queryTimeout (" + queryTimeout + ")");
      check(
          keepalive.compareTo(maxLifetime) < 0,
          "keepalive (" + keepalive + ") must be < maxLifetime (" + maxLifetime + ")");
      return new DatabaseConfig(this);
    }
  }
}
