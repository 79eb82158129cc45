package dev.drawbridge.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.RowMapper;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Jdbi;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * One row by its key from H2 in memory: the session layer beside plain JDBC, Jdbi and Spring's
 * JdbcClient. All set the same query time-out. The others use one HikariCP pool; the session layer
 * uses that one too, or a pool of its own with the same settings.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class UncachedLookupBenchmark {
  private static final String SQL =
      "SELECT id, subject, display_name FROM person WHERE subject = ?";
  private static final String URL = "jdbc:h2:mem:bench;DB_CLOSE_DELAY=-1";
  private static final int PERSONS = 1_000;
  private static final int POOL_SIZE = 10;
  private static final int TIMEOUT_SECONDS = 5;

  /** What every contestant makes of the row. */
  public record Person(long id, String subject, String displayName) {}

  private static final RowMapper<Person> RECORD = RowMapper.record(Person.class);
  private static final RowMapper<Person> BY_HAND =
      row -> new Person(row.longValue("id"), row.string("subject"), row.string("display_name"));

  /** Whose pool the session layer borrows from. */
  @Param({"own", "caller"})
  public String sessions;

  /** Another one each time: H2 keeps the last result of a statement with the same values. */
  private int next;

  private HikariDataSource pool;
  private Database database;
  private Jdbi jdbi;
  private JdbcClient jdbcClient;

  /** Fills a table with a thousand rows. */
  @Setup
  public void open() throws SQLException {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(URL);
    config.setMaximumPoolSize(POOL_SIZE);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    pool = new HikariDataSource(config);
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE person (id BIGINT PRIMARY KEY, subject VARCHAR(190) UNIQUE NOT NULL,"
              + " display_name VARCHAR(200) NOT NULL)");
      statement.execute(
          "INSERT INTO person SELECT x, 'user-' || x, 'User ' || x FROM system_range(1, "
              + PERSONS
              + ")");
    }
    DatabaseConfig.Builder settings = DatabaseConfig.builder();
    database =
        sessions.equals("own")
            ? Database.open(settings.url(URL).poolSize(POOL_SIZE).build())
            : Database.of(pool, settings.build());
    jdbi = Jdbi.create(pool);
    var template = new org.springframework.jdbc.core.JdbcTemplate(pool);
    template.setQueryTimeout(TIMEOUT_SECONDS);
    jdbcClient = JdbcClient.create(template);
  }

  /** Closes everything. */
  @TearDown
  public void close() {
    database.close();
    pool.close();
  }

  private String subject() {
    next = next % PERSONS + 1;
    return "user-" + next;
  }

  /** What the others are measured against. */
  @Benchmark
  public Person plainJdbc() throws SQLException {
    try (Connection connection = pool.getConnection();
        PreparedStatement statement = connection.prepareStatement(SQL)) {
      if (statement.getQueryTimeout() != TIMEOUT_SECONDS) {
        statement.setQueryTimeout(TIMEOUT_SECONDS);
      }
      statement.setString(1, subject());
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        return new Person(
            results.getLong("id"), results.getString("subject"), results.getString("display_name"));
      }
    }
  }

  /** The session layer, opened by hand; it remembers where. */
  @Benchmark
  public Person session() {
    try (DbSession session = database.openSession()) {
      return session.query(SQL, subject()).one(BY_HAND).orElseThrow();
    }
  }

  /** The session layer in its lambda form, read-only. */
  @Benchmark
  public Person sessionRead() {
    return database.read(session -> session.query(SQL, subject()).one(BY_HAND).orElseThrow());
  }

  /** The same, with a record mapped by reflection. */
  @Benchmark
  public Person sessionReadRecord() {
    return database.read(session -> session.query(SQL, subject()).one(RECORD).orElseThrow());
  }

  /** Jdbi with a mapper by hand. */
  @Benchmark
  public Person jdbi() {
    return jdbi.withHandle(
        handle ->
            handle
                .createQuery(SQL)
                .setQueryTimeout(TIMEOUT_SECONDS)
                .bind(0, subject())
                .map(
                    (row, context) ->
                        new Person(
                            row.getLong("id"),
                            row.getString("subject"),
                            row.getString("display_name")))
                .one());
  }

  /** Spring's JdbcClient with a mapper by hand. */
  @Benchmark
  public Person springJdbcClient() {
    return jdbcClient
        .sql(SQL)
        .param(subject())
        .query(
            (row, number) ->
                new Person(
                    row.getLong("id"), row.getString("subject"), row.getString("display_name")))
        .single();
  }
}
