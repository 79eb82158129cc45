package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.drawbridge.testing.Ports;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * What the log says last when the sample cannot start: one sentence, with the setting and the fix.
 */
class SampleStartTest {
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    root.addAppender(log);
  }

  @AfterEach
  void stopListening() {
    root.detachAppender(log);
  }

  @Test
  void productionListsAllThatIsMissingAtOnce() {
    assertThat(lastErrorOf(Map.of("ENVIRONMENT", "production", "drawbridge.db.url", "")))
        .startsWith("Drawbridge cannot start, 4 problems:")
        .contains(
            "DRAWBRIDGE_JWT_SECRET",
            "DRAWBRIDGE_JWT_ISSUER is required in production",
            "DRAWBRIDGE_JWT_AUDIENCE is required in production",
            "DRAWBRIDGE_DB_URL is required in production");
  }

  @Test
  void wrongSettingsAreNamedWithTheRuleAndTheNearestName() {
    Map<String, String> params = SampleServer.developmentParams();
    params.put("drawbridge.hartbeat.interval", "5s");
    params.put("drawbridge.max.message.bytes", "many");

    assertThat(lastErrorOf(params))
        .startsWith("Drawbridge cannot start, 2 problems:")
        .contains(
            "drawbridge.hartbeat.interval (context-param) is unknown; the nearest name is"
                + " drawbridge.heartbeat.interval",
            "DRAWBRIDGE_MAX_MESSAGE_BYTES (context-param) must be a whole number in [128,"
                + " 16777216]: many");
  }

  /** The engine that dev mode brings for its button must not stand in the way. */
  @Test
  void anEngineThatIsSetIsTheOneThatIsLookedFor() {
    Map<String, String> params = SampleServer.developmentParams();
    params.put("drawbridge.cluster", "redis");
    params.put("drawbridge.cluster.name", "rooms");
    params.put("drawbridge.cluster.url", "redis://127.0.0.1:1");

    Throwable failure =
        catchThrowable(() -> SampleServer.start("/", new LinkedHashMap<>(params)).close());

    assertThat(failure).hasStackTraceContaining("needs drawbridge-cluster-redis");
  }

  @Test
  void anUnreachableDatabaseIsNamedWithItsSetting() throws Exception {
    int nobody = Ports.free();
    Map<String, String> params = SampleServer.developmentParams();
    params.put("drawbridge.db.url", "jdbc:postgresql://127.0.0.1:" + nobody + "/app");
    params.put("drawbridge.db.user", "app");
    params.put("drawbridge.db.password", "canary-password");
    params.put("drawbridge.db.start.wait", "1s");

    assertThat(lastErrorOf(params))
        .startsWith("Drawbridge cannot start: ")
        .contains("127.0.0.1:" + nobody, "DRAWBRIDGE_DB_URL");
    assertThat(log.list).noneMatch(event -> event.getFormattedMessage().contains("canary"));
  }

  @Test
  void aFailingMigrationIsNamedWithItsFile(@TempDir Path folder) throws Exception {
    String url = "jdbc:h2:" + folder.resolve("app");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE app_user (something_else INT)");
    }
    Map<String, String> params = SampleServer.developmentParams();
    params.put("drawbridge.db.url", url);

    assertThat(lastErrorOf(params))
        .startsWith("Drawbridge cannot start: ")
        .contains("V001__create_app_user.sql", "DRAWBRIDGE_DB_URL");
  }

  /** The last ERROR of a start that must fail; whatever Jetty traces after it is a WARN. */
  private String lastErrorOf(Map<String, String> params) {
    Throwable failure =
        catchThrowable(() -> SampleServer.start("/", new LinkedHashMap<>(params)).close());

    assertThat(failure).isNotNull();
    List<ILoggingEvent> errors =
        log.list.stream().filter(event -> event.getLevel() == Level.ERROR).toList();
    assertThat(errors).isNotEmpty();
    return errors.get(errors.size() - 1).getFormattedMessage();
  }
}
