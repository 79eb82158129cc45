package dev.drawbridge.filters.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.settings.Component;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One runtime for each web application, on a real Jetty. */
class DrawbridgeRuntimeTest {
  private final Server server = new Server();
  private final ServletContextHandler handler = new ServletContextHandler();

  @AfterEach
  void stopServer() throws Exception {
    server.stop();
  }

  @Test
  void componentsShareOneRuntimeUntilTheLastHasLeft() throws Exception {
    ServletContext context = startWithoutComponents();

    DrawbridgeRuntime first = DrawbridgeRuntime.acquire(context);
    DrawbridgeRuntime second = DrawbridgeRuntime.acquire(context);
    Database database = first.database();
    first.release();
    assertThat(answers(database)).isTrue();
    second.release();

    assertThat(second).isSameAs(first);
    assertThatThrownBy(database::openSession).isInstanceOf(RuntimeException.class);
    assertThatThrownBy(first::users).hasMessageContaining("has stopped");
    DrawbridgeRuntime third = DrawbridgeRuntime.acquire(context);
    assertThat(third).isNotSameAs(first);
    third.release();
  }

  @Test
  void whatTheApplicationBringsIsUsedAndNeverClosed() throws Exception {
    try (Database own =
        Database.open(DatabaseConfig.builder().url("jdbc:h2:mem:" + UUID.randomUUID()).build())) {
      ServletContext context = startWithoutComponents();
      context.setAttribute(Database.class.getName(), own);

      DrawbridgeRuntime runtime = DrawbridgeRuntime.acquire(context);
      Database used = runtime.database();
      runtime.release();

      assertThat(used).isSameAs(own);
      assertThat(answers(own)).isTrue();
    }
  }

  @Test
  void initParamsOfAnEmbeddedContextWithoutAClassLoaderAreRead() {
    Throwable failure = catchThrowable(() -> start(Map.of("requireOrgin", "true")));

    assertThat(failure)
        .hasStackTraceContaining(
            "init-param requireOrgin of jwt is unknown; the nearest name is requireOrigin");
  }

  @Test
  void initParamsCountForEveryComponent() throws Exception {
    ServletContext context = start(Map.of("jwtIssuer", "https://login.example.org"));

    DrawbridgeRuntime runtime = DrawbridgeRuntime.acquire(context);
    Settings settings = runtime.settings();
    runtime.release();

    assertThat(settings.string(Setting.JWT_ISSUER)).isEqualTo("https://login.example.org");
    assertThat(settings.source(Setting.JWT_ISSUER)).isEqualTo(Settings.Source.INIT_PARAM);
  }

  @Test
  void anInitParamThatComesAfterTheStartIsRefusedWithTheWayOut() {
    Settings settings = Settings.of(Map.of());

    assertThat(settings.late(new Component("jwt", Map.of("jwtIssuer", "https://a"), true)))
        .singleElement()
        .asString()
        .contains("init-param jwtIssuer of jwt comes too late", "drawbridge.jwt.issuer");
  }

  @Test
  void aStartThatFailsLeavesNoPoolBehind() {
    long before = poolThreads();

    Throwable failure = catchThrowable(() -> start(Map.of("userQuery", "SELECT nonsense")));

    assertThat(failure)
        .hasStackTraceContaining("DRAWBRIDGE_USER_QUERY must have the parameter :subject");
    assertThat(poolThreads()).isEqualTo(before);
  }

  @Test
  void usersMayBeInATableOfTheApplications() throws Exception {
    String url = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
    try (Database own = Database.open(DatabaseConfig.builder().url(url).build());
        DbSession session = own.openSession()) {
      session.update("CREATE TABLE customer (login VARCHAR(40), name VARCHAR(40))").run();
      session.update("INSERT INTO customer VALUES ('carol', 'Carol C.')").run();
    }
    String query = "SELECT login AS subject, name AS display_name FROM customer";
    ServletContext context =
        start(Map.of("dbUrl", url, "userQuery", query + " WHERE login = :subject"));

    DrawbridgeRuntime runtime = DrawbridgeRuntime.acquire(context);
    Optional<User> carol = runtime.users().find("carol").user();
    Optional<User> nobody = runtime.users().find("mallory").user();
    runtime.release();

    assertThat(carol).map(User::displayName).contains("Carol C.");
    assertThat(nobody).isEmpty();
  }

  @Test
  void usersMayComeFromCodeOfTheApplications() throws Exception {
    ServletContext context = startWithoutComponents();
    UserSource source =
        subject ->
            subject.equals("root")
                ? Optional.of(User.builder("root").displayName("The operator").build())
                : Optional.empty();
    context.setAttribute(UserSource.class.getName(), source);

    DrawbridgeRuntime runtime = DrawbridgeRuntime.acquire(context);
    Optional<User> root = runtime.users().find("root").user();
    Optional<User> nobody = runtime.users().find("mallory").user();
    runtime.release();

    assertThat(root).map(User::displayName).contains("The operator");
    assertThat(nobody).isEmpty();
  }

  private static boolean answers(Database database) {
    return database.read(session -> session.query("SELECT 1").list(row -> 1).size() == 1);
  }

  private static long poolThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("drawbridge-db"))
        .count();
  }

  /** Starts a context in dev mode whose filter has these init-params. */
  private ServletContext start(Map<String, String> initParams) throws Exception {
    FilterHolder jwt = new FilterHolder(JwtHandshakeFilter.class);
    jwt.setName("jwt");
    jwt.setInitParameters(initParams);
    handler.addFilter(jwt, "/ws", EnumSet.of(DispatcherType.REQUEST));
    return startWithoutComponents();
  }

  private ServletContext startWithoutComponents() throws Exception {
    handler.setInitParameter("ENVIRONMENT", "development");
    handler.setInitParameter("WEBSOCKET_DEV_MODE", "true");
    handler.setInitParameter("drawbridge.db.url", "jdbc:h2:mem:" + UUID.randomUUID());
    // Nobody has made the tables.
    handler.setInitParameter(
        "drawbridge.user.query", "SELECT CAST(:subject AS VARCHAR) AS subject");
    server.setHandler(handler);
    server.start();
    return handler.getServletContext();
  }
}
