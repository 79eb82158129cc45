package dev.drawbridge.migrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testservers.TestDatabase;
import dev.drawbridge.testservers.TestServer;
import java.io.File;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On every database: what is applied, what is refused, and what a failure says. */
class MigrationsTest {
  /** Of a database, from the oldest on. */
  private static final List<String> VERSIONS = versions();

  private static final String NEWEST = VERSIONS.get(VERSIONS.size() - 1);

  /** Whatever is not in common is in each dialect's folder. */
  private static List<String> versions() {
    return Stream.of("common", "h2")
        .map(folder -> new File("src/main/resources/dev/drawbridge/migrations/" + folder).list())
        .flatMap(Stream::of)
        .map(name -> name.substring(1, 4))
        .sorted()
        .toList();
  }

  static List<TestServer> servers() {
    return TestServer.available();
  }

  private static Migrations.Builder of(TestDatabase database) {
    return Migrations.builder()
        .url(database.url())
        .user(database.user())
        .password(database.password());
  }

  @ParameterizedTest
  @MethodSource("servers")
  void anEmptyDatabaseIsMigratedOnce(TestServer server) {
    Migrations migrations = of(server.newDatabase()).mode(Mode.MIGRATE).build();

    MigrationResult first = migrations.run();
    MigrationResult second = migrations.run();

    assertThat(first).isEqualTo(new MigrationResult(Mode.MIGRATE, VERSIONS.size(), NEWEST));
    assertThat(second).isEqualTo(new MigrationResult(Mode.MIGRATE, 0, NEWEST));
  }

  @ParameterizedTest
  @MethodSource("servers")
  void autoMigratesH2AndOnlyValidatesServers(TestServer server) throws Exception {
    TestDatabase database = server.newDatabase();
    Migrations migrations = of(database).build();

    if (server == TestServer.H2) {
      assertThat(migrations.run().mode()).isEqualTo(Mode.MIGRATE);
    } else {
      assertThatThrownBy(migrations::run)
          .isInstanceOf(MigrationException.class)
          .hasMessageContaining("V001__create_app_user.sql")
          .hasMessageContaining("V002__create_app_user_role.sql")
          .hasMessageContaining("mode MIGRATE");
      assertThat(tables(database)).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void validateAcceptsAMigratedSchema(TestServer server) {
    TestDatabase database = server.newDatabase();
    of(database).mode(Mode.MIGRATE).build().run();

    MigrationResult result = of(database).mode(Mode.VALIDATE).build().run();

    assertThat(result).isEqualTo(new MigrationResult(Mode.VALIDATE, 0, NEWEST));
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aLegacySchemaWithTablesAndAFlywayOfItsOwnIsLeftAlone(TestServer server) throws Exception {
    TestDatabase database = server.newDatabase();
    execute(database, "CREATE TABLE flyway_schema_history (mine INT)");
    execute(database, "CREATE TABLE customer (id INT)");

    MigrationResult result = of(database).mode(Mode.MIGRATE).build().run();

    assertThat(result.applied()).isEqualTo(VERSIONS.size());
    assertThat(tables(database))
        .contains("customer", "app_user", "flyway_schema_history", "drawbridge_schema_history");
    execute(database, "INSERT INTO flyway_schema_history (mine) VALUES (1)");
  }

  @ParameterizedTest
  @MethodSource("servers")
  void severalNodesMayMigrateAtOnce(TestServer server) throws Exception {
    for (int round = 0; round < 2; round++) {
      migrateAtOnce(server.newDatabase());
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void severalNodesMayMigrateALegacySchemaAtOnce(TestServer server) throws Exception {
    for (int round = 0; round < 2; round++) {
      TestDatabase database = server.newDatabase();
      execute(database, "CREATE TABLE customer (id INT)");
      migrateAtOnce(database);
    }
  }

  private static void migrateAtOnce(TestDatabase database) throws Exception {
    int nodes = 3;
    CyclicBarrier start = new CyclicBarrier(nodes);
    ExecutorService executor = Executors.newFixedThreadPool(nodes);

    List<Future<MigrationResult>> results = new ArrayList<>();
    for (int node = 0; node < nodes; node++) {
      results.add(
          executor.submit(
              () -> {
                start.await(10, TimeUnit.SECONDS);
                return of(database).mode(Mode.MIGRATE).build().run();
              }));
    }
    executor.shutdown();

    int applied = 0;
    for (Future<MigrationResult> result : results) {
      applied += result.get(60, TimeUnit.SECONDS).applied();
    }
    assertThat(applied).isEqualTo(VERSIONS.size());
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aFailingMigrationNamesFileLineAndStatement(TestServer server) throws Exception {
    TestDatabase database = server.newDatabase();
    Migrations broken = of(database).mode(Mode.MIGRATE).locations("classpath:broken").build();

    assertThatThrownBy(broken::run)
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining("V900__broken_table.sql, line 2")
        .hasMessageContaining("CREATE TABEL oops")
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @MethodSource("servers")
  void afterRepairAFailedMigrationIsTriedAgain(TestServer server) {
    TestDatabase database = server.newDatabase();
    assertThatThrownBy(
            () -> of(database).mode(Mode.MIGRATE).locations("classpath:broken").build().run())
        .isInstanceOf(MigrationException.class);

    // without the broken file, as after its correction
    Migrations corrected = of(database).mode(Mode.MIGRATE).build();
    corrected.repair();

    assertThat(corrected.run().version()).isEqualTo(NEWEST);
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aNewerSchemaIsRefusedUnlessAllowed(TestServer server) {
    TestDatabase database = server.newDatabase();
    of(database).mode(Mode.MIGRATE).locations("classpath:newer").build().run();

    assertThatThrownBy(() -> of(database).mode(Mode.VALIDATE).build().run())
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining("950");
    assertThat(of(database).mode(Mode.VALIDATE).allowNewer(true).build().run().version())
        .isEqualTo("950");
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aMigrationChangedAfterItWasAppliedIsRefused(TestServer server) throws Exception {
    TestDatabase database = server.newDatabase();
    of(database).mode(Mode.MIGRATE).build().run();
    String quote = server == TestServer.MARIADB ? "`" : "\"";
    execute(
        database,
        "UPDATE #drawbridge_schema_history# SET #checksum# = 1 WHERE #version# = '001'"
            .replace("#", quote));

    assertThatThrownBy(() -> of(database).mode(Mode.VALIDATE).build().run())
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining("001");
  }

  @ParameterizedTest
  @MethodSource("servers")
  void subjectsAreToldApartByCaseAndTrailingBlanks(TestServer server) throws Exception {
    TestDatabase database = server.newDatabase();
    of(database).mode(Mode.MIGRATE).build().run();
    for (String subject : List.of("alice", "Alice", "alice ")) {
      execute(
          database,
          "INSERT INTO app_user (id, subject, display_name) VALUES ('"
              + UUID.randomUUID()
              + "', '"
              + subject
              + "', 'x')");
    }

    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery("SELECT count(*) FROM app_user WHERE subject = 'alice'")) {
      found.next();
      assertThat(found.getInt(1)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aDataSourceIsAsGoodAsAUrl(TestServer server) {
    TestDatabase database = server.newDatabase();

    MigrationResult result =
        Migrations.builder()
            .dataSource(new PlainDataSource(database))
            .mode(Mode.MIGRATE)
            .build()
            .run();

    assertThat(result.applied()).isEqualTo(VERSIONS.size());
  }

  @Test
  void offDoesNotEvenConnect() {
    Migrations migrations =
        Migrations.builder().url("jdbc:postgresql://localhost:1/x").mode(Mode.OFF).build();

    assertThat(migrations.run()).isEqualTo(new MigrationResult(Mode.OFF, 0, null));
  }

  @Test
  void aDatabaseThatIsAwayIsNamedWithoutItsUrlAndPassword() {
    Migrations migrations =
        Migrations.builder()
            .url("jdbc:postgresql://localhost:1/x?password=s3cret")
            .user("owner")
            .password("s3cret")
            .mode(Mode.VALIDATE)
            .build();

    assertThatThrownBy(migrations::run)
        .isInstanceOf(MigrationException.class)
        .hasMessageContaining("cannot connect")
        .hasStackTraceContaining("08001")
        .satisfies(e -> assertThat(stackTrace(e)).doesNotContain("s3cret"));
  }

  @Test
  void aDatabaseWithoutMigrationsIsRefused() {
    assertThatThrownBy(() -> Migrations.builder().url("jdbc:oracle:thin:@x").build().run())
        .isInstanceOf(MigrationException.class)
        .hasMessage("migrations exist for h2, postgresql and mariadb, not for: oracle");
  }

  private static String stackTrace(Throwable e) {
    java.io.StringWriter text = new java.io.StringWriter();
    e.printStackTrace(new java.io.PrintWriter(text));
    return text.toString();
  }

  private static Set<String> tables(TestDatabase database) throws SQLException {
    try (Connection connection = database.connect()) {
      DatabaseMetaData metaData = connection.getMetaData();
      String schema = database.server() == TestServer.MARIADB ? null : connection.getSchema();
      Set<String> tables = new TreeSet<>();
      try (ResultSet found =
          metaData.getTables(connection.getCatalog(), schema, "%", new String[] {"TABLE"})) {
        while (found.next()) {
          tables.add(found.getString("TABLE_NAME").toLowerCase(Locale.ROOT));
        }
      }
      return tables;
    }
  }

  private static void execute(TestDatabase database, String sql) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** What a container would give, without its pool. */
  private record PlainDataSource(TestDatabase database) implements DataSource {
    @Override
    public Connection getConnection() throws SQLException {
      return DriverManager.getConnection(database.url(), database.user(), database.password());
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return DriverManager.getConnection(database.url(), user, password);
    }

    @Override
    public java.io.PrintWriter getLogWriter() {
      return null;
    }

    @Override
    public void setLogWriter(java.io.PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
      return 0;
    }

    @Override
    public Logger getParentLogger() {
      return Logger.getGlobal();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      throw new SQLException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
      return false;
    }
  }
}
