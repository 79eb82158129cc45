package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.testing.CapturedLog;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import javax.naming.Context;
import javax.naming.spi.InitialContextFactory;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the papers promise of settings, beside the table of their names. */
class SettingsPromisesTest {
  private static final String QUERY = "SELECT CAST(:subject AS VARCHAR(50)) AS subject";

  private final CapturedLog log = CapturedLog.beside(DrawbridgeRuntime.class.getName());
  private final Server server = new Server(0);
  private final ServletContextHandler handler = new ServletContextHandler("/");

  @AfterEach
  void stop() throws Exception {
    log.close();
    server.stop();
  }

  /** The container's naming, with one name. */
  public static final class OneName implements InitialContextFactory {
    static final JdbcDataSource SOURCE = new JdbcDataSource();

    @Override
    public Context getInitialContext(Hashtable<?, ?> environment) {
      return (Context)
          java.lang.reflect.Proxy.newProxyInstance(
              OneName.class.getClassLoader(),
              new Class<?>[] {Context.class},
              (proxy, method, arguments) -> method.getName().equals("lookup") ? SOURCE : null);
    }
  }

  private void start(Map<String, String> params, Map<Class<?>, Object> brought) throws Exception {
    handler.setInitParameter("ENVIRONMENT", "development");
    handler.setInitParameter("WEBSOCKET_DEV_MODE", "true");
    params.forEach(handler::setInitParameter);
    brought.forEach((type, object) -> handler.setAttribute(type.getName(), object));
    handler.addFilter(JwtHandshakeFilter.class, "/ws/*", EnumSet.of(DispatcherType.REQUEST));
    server.setHandler(handler);
    server.start();
  }

  private DrawbridgeRuntime runtime() {
    return (DrawbridgeRuntime)
        handler.getServletContext().getAttribute(DrawbridgeRuntime.class.getName());
  }

  private List<String> withoutEffect() {
    return log.messages().stream().filter(line -> line.contains(" without effect: ")).toList();
  }

  private static Map<String, String> map(String... pairs) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }

  private static String memory() {
    return "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void eachSettingIsReadInItsThreeSpellings(Setting setting) {
    for (String name : List.of(setting.property(), setting.variable(), setting.initParam())) {
      SettingSources init = new SettingSources().initParams("jwt", Map.of(name, "1"), true);

      assertThat(init.problems()).isEmpty();
      assertThat(init.text(setting)).isEqualTo("1");
      if (!name.equals(setting.initParam())) {
        for (SettingSources sources :
            List.of(
                new SettingSources().systemProperties(Map.of(name, "1")),
                new SettingSources().environment(Map.of(name, "1")),
                new SettingSources().contextParams(Map.of(name, "1")))) {
          assertThat(sources.text(setting)).isEqualTo("1");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ENVIRONMENT",
        "WEBSOCKET_DEV_MODE",
        "DEV_WEBSOCKET_ORIGINS",
        "WEBSOCKET_ALLOWED_ORIGINS"
      })
  void theFirstFourHaveOneNameInAllPlaces(String name) {
    Setting setting = Setting.valueOf(name);

    assertThat(setting.property()).isEqualTo(name);
    assertThat(setting.variable()).isEqualTo(name);
    assertThat(List.of(Setting.values()).subList(0, 4)).contains(setting);
  }

  @ParameterizedTest
  @CsvSource({
    "DRAWBRIDGE_SERVICE_HOST, 10.0.0.1, true",
    "DRAWBRIDGE_SERVICE_PORT, 80, true",
    "DRAWBRIDGE_SERVICE_PORT_HTTP, 80, true",
    "DRAWBRIDGE_PORT, tcp://10.0.0.1:80, true",
    "DRAWBRIDGE_PORT_80_TCP, tcp://10.0.0.1:80, true",
    "DRAWBRIDGE_PORT_80_TCP_PROTO, tcp, true",
    "DRAWBRIDGE_PORT_80_TCP_PORT, 80, true",
    "DRAWBRIDGE_PORT_80_TCP_ADDR, 10.0.0.1, true",
    "DRAWBRIDGE_DB_PORT, tcp://10.0.0.1:5432, true",
    "DRAWBRIDGE_DB_PORT_5432_TCP_PORT, 5432, true",
    "DRAWBRIDGE_DB_SERVICE_PORT, 5432, true",
    "DRAWBRIDGE_PORT, 8080, false",
    "DRAWBRIDGE_DB_PORT, 5432, false",
    "DRAWBRIDGE_PORT_RANGE, 1-2, false",
    "DRAWBRIDGE_DB_PORTS, tcp://10.0.0.1:5432, false",
    "DRAWBRIDGE_SERVICE, chat, false",
  })
  void variablesOfKubernetesAreToldFromOnesThatSomebodyHasSet(
      String name, String value, boolean ofKubernetes) {
    List<String> problems = new SettingSources().environment(Map.of(name, value)).problems();

    assertThat(problems).hasSize(ofKubernetes ? 0 : 1);
    assertThat(new SettingSources().contextParams(Map.of(name, value)).problems()).hasSize(1);
  }

  @Test
  void settingsOfTheDatabaseReachItsPool(@TempDir Path folder) throws Exception {
    Path password = Files.writeString(folder.resolve("password"), "tiger\n");
    Map<String, String> params =
        map(
            "drawbridge.db.url", memory(),
            "drawbridge.db.user", "scott",
            "drawbridge.db.password.file", password.toString(),
            "drawbridge.db.time.zone", "Europe/Vienna",
            "drawbridge.db.pool.size", "3",
            "drawbridge.db.acquire.timeout", "1234ms",
            "drawbridge.db.query.timeout", "7s",
            "drawbridge.db.connect.timeout", "4s",
            "drawbridge.db.socket.timeout", "11s",
            "drawbridge.db.max.lifetime", "13m",
            "drawbridge.db.leak.after", "17s",
            "drawbridge.db.start.wait", "19s",
            "drawbridge.user.query", QUERY);

    start(params, Map.of());
    DatabaseConfig config = runtime().database().config();

    assertThat(config.user()).isEqualTo("scott");
    assertThat(config.passwordFile()).isEqualTo(password);
    assertThat(config.timeZone().getId()).isEqualTo("Europe/Vienna");
    assertThat(config.poolSize()).isEqualTo(3);
    assertThat(config.acquireTimeout()).isEqualTo(Duration.ofMillis(1234));
    assertThat(config.queryTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(config.connectTimeout()).isEqualTo(Duration.ofSeconds(4));
    assertThat(config.socketTimeout()).isEqualTo(Duration.ofSeconds(11));
    assertThat(config.maxLifetime()).isEqualTo(Duration.ofMinutes(13));
    assertThat(config.leakAfter()).isEqualTo(Duration.ofSeconds(17));
    assertThat(config.startWait()).isEqualTo(Duration.ofSeconds(19));
  }

  @Test
  void startWaitsAsLongAsTheTableSays() {
    Map<String, String> dev = map("ENVIRONMENT", "dev", "WEBSOCKET_DEV_MODE", "true");

    assertThat(DatabaseConfig.from(Settings.of(dev).byInitParam()).startWait())
        .isEqualTo(Duration.ofSeconds(10));
    dev.put("WEBSOCKET_DEV_MODE", "false");
    dev.put("DRAWBRIDGE_DB_URL", memory());
    assertThat(DatabaseConfig.from(Settings.of(dev).byInitParam()).startWait())
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void dataSourceOfTheContainerTakesThePlaceOfAUrl() throws Exception {
    OneName.SOURCE.setURL(memory());
    String before = System.getProperty(Context.INITIAL_CONTEXT_FACTORY);
    System.setProperty(Context.INITIAL_CONTEXT_FACTORY, OneName.class.getName());
    try {
      start(
          map(
              "drawbridge.db.jndi", "jdbc/app",
              "drawbridge.db.pool.size", "3",
              "drawbridge.db.query.timeout", "4s",
              "drawbridge.user.query", QUERY),
          Map.of());
    } finally {
      if (before == null) {
        System.clearProperty(Context.INITIAL_CONTEXT_FACTORY);
      } else {
        System.setProperty(Context.INITIAL_CONTEXT_FACTORY, before);
      }
    }

    assertThat(runtime().database().config().jndi()).isEqualTo("jdbc/app");
    assertThat(runtime().users().find("alice").user()).isPresent();
    assertThat(withoutEffect())
        .containsExactly(
            "DRAWBRIDGE_DB_POOL_SIZE without effect: DRAWBRIDGE_DB_JNDI names a pool of the"
                + " container's");
  }

  @Test
  void degradedStartAnswers503UntilTheDatabaseIsThere(@TempDir Path folder) throws Exception {
    org.h2.tools.Server database = h2("0");
    int port = database.getPort();
    database.stop();
    start(
        map(
            "drawbridge.db.url",
            "jdbc:h2:tcp://localhost:" + port + "/" + folder.resolve("users"),
            "drawbridge.db.user",
            "sa",
            "drawbridge.db.start.mode",
            "degraded",
            "drawbridge.db.acquire.timeout",
            "500ms",
            "drawbridge.user.query",
            QUERY),
        Map.of());
    String token =
        runtime().authenticator().devTokens().mint("alice", Duration.ofMinutes(5), false).token();

    assertThat(status(token)).isEqualTo(503);
    database = h2(String.valueOf(port));
    try {
      // Behind the filter stands nothing: who comes through is answered 404 by the container.
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (status(token) == 503 && System.nanoTime() < end) {
        LockSupport.parkNanos(50_000_000);
      }
      assertThat(status(token)).isEqualTo(404);
    } finally {
      database.stop();
    }
  }

  private static org.h2.tools.Server h2(String port) throws Exception {
    return org.h2.tools.Server.createTcpServer("-tcpPort", port, "-ifNotExists").start();
  }

  private int status(String token) throws IOException, InterruptedException {
    int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/ws"))
            .header("Authorization", "Bearer " + token)
            .build();
    return HttpClient.newHttpClient()
        .send(request, HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private static final UserSource NOBODY = subject -> Optional.empty();

  @Test
  void settingsOfTheCacheAndTheQueryDoNothingBesideAUserDirectory() throws Exception {
    try (UserDirectory own = UserDirectory.of(NOBODY, UserDirectoryConfig.builder().build())) {
      start(
          map(
              "drawbridge.user.query", QUERY,
              "drawbridge.user.cache.ttl", "40s",
              "drawbridge.user.cache.max.stale", "1m",
              "drawbridge.user.lookup.timeout", "1s",
              "drawbridge.db.query.timeout", "1s"),
          Map.of(UserDirectory.class, own));
    }

    assertThat(withoutEffect())
        .containsExactly(
            "DRAWBRIDGE_USER_QUERY without effect: the application brings its own UserDirectory",
            "DRAWBRIDGE_USER_CACHE_TTL, DRAWBRIDGE_USER_CACHE_MAX_STALE,"
                + " DRAWBRIDGE_USER_LOOKUP_TIMEOUT without effect: the application brings its own"
                + " UserDirectory",
            "DRAWBRIDGE_DB_QUERY_TIMEOUT without effect: the application brings its own"
                + " UserDirectory and no Database");
  }

  @Test
  void queryAndDatabaseDoNothingBesideAUserSourceButTheCacheDoes() throws Exception {
    start(
        map(
            "drawbridge.user.query", QUERY,
            "drawbridge.user.cache.ttl", "40s",
            "drawbridge.db.user", "scott"),
        Map.of(UserSource.class, NOBODY));

    assertThat(withoutEffect())
        .containsExactly(
            "DRAWBRIDGE_USER_QUERY without effect: the application brings its own UserSource",
            "DRAWBRIDGE_DB_USER without effect: the application brings its own UserSource and no"
                + " Database");
  }

  @Test
  void settingsOfTheDatabaseDoNothingBesideADatabase() throws Exception {
    try (Database own = Database.open(DatabaseConfig.builder().url(memory()).build())) {
      start(
          map(
              "drawbridge.db.url",
              memory(),
              "drawbridge.db.pool.size",
              "3",
              "drawbridge.user.query",
              QUERY),
          Map.of(Database.class, own));

      assertThat(withoutEffect())
          .containsExactly(
              "DRAWBRIDGE_DB_URL, DRAWBRIDGE_DB_POOL_SIZE without effect: the application brings"
                  + " its own Database");
    }
  }

  @Test
  void kindOfRevocationsDoesNothingBesideRevocations() throws Exception {
    start(
        map("drawbridge.jwt.revocations", "database"),
        Map.of(
            UserSource.class,
            NOBODY,
            Revocations.class,
            Revocations.inMemory(Duration.ofHours(1), Clock.systemUTC())));

    assertThat(withoutEffect())
        .containsExactly(
            "DRAWBRIDGE_JWT_REVOCATIONS without effect: the application brings its own"
                + " Revocations");
  }

  @Test
  void timeOutsOfTheNetworkDoNothingOnH2() throws Exception {
    start(
        map(
            "drawbridge.db.url",
            memory(),
            "drawbridge.db.connect.timeout",
            "1s",
            "drawbridge.db.socket.timeout",
            "20s",
            "drawbridge.user.query",
            QUERY),
        Map.of());

    assertThat(withoutEffect())
        .containsExactly(
            "DRAWBRIDGE_DB_CONNECT_TIMEOUT, DRAWBRIDGE_DB_SOCKET_TIMEOUT without effect: H2 has no"
                + " such time-outs");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void settingsOfOriginsDoNothingWithoutTheirFilter(boolean mapped) throws Exception {
    if (mapped) {
      handler.addFilter(DevCorsFilter.class, "/*", EnumSet.of(DispatcherType.REQUEST));
    }
    start(
        map(
            "DEV_WEBSOCKET_ORIGINS", "https://app.example.com",
            "drawbridge.require.origin", "true",
            "drawbridge.cors.max.age", "1m"),
        Map.of(UserSource.class, NOBODY));

    assertThat(withoutEffect())
        .isEqualTo(
            mapped
                ? List.of()
                : List.of(
                    "DEV_WEBSOCKET_ORIGINS, DRAWBRIDGE_CORS_MAX_AGE, DRAWBRIDGE_REQUIRE_ORIGIN"
                        + " without effect: DevCorsFilter is not mapped in this application"));
  }

  @Test
  void schemaIsTouchedByNobodyWhereTheMigrationsAreAbsent() {
    Settings settings = Settings.of(map("DRAWBRIDGE_DB_MIGRATE", "validate"));
    IneffectiveSettings.Brought nothing =
        new IneffectiveSettings.Brought(false, false, false, false);
    ClassLoader without = ClassLoader.getPlatformClassLoader();
    ClassLoader with = SettingsPromisesTest.class.getClassLoader();

    assertThat(IneffectiveSettings.ofUsers(settings, nothing, with)).isEmpty();
    assertThat(IneffectiveSettings.ofUsers(settings, nothing, without))
        .singleElement()
        .asString()
        .startsWith("DRAWBRIDGE_DB_MIGRATE without effect: drawbridge-migrations is not");
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void aRangeOfTheTableIsThatOfTheStart(Setting setting) {
    if (setting.range().contains("–")) {
      String[] ends = setting.range().split("–", -1);
      for (String end : ends) {
        assertThat(setting.type().parse(end)).isNotNull();
      }
      assertThat(Settings.of(Map.of(setting.property(), "-1")).problems())
          .anySatisfy(
              told ->
                  assertThat(told)
                      .contains(setting.variable(), "[" + ends[0] + ", " + ends[1] + "]"));
    }
  }
}
