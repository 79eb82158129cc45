package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A start that is refused says everything at once, and reads every spelling of a name. */
class StartProblemsTest {

  private static String failure(Map<String, String> params, boolean ownUsers) {
    Server server = new Server(0);
    ServletContextHandler handler = new ServletContextHandler("/");
    params.forEach(handler::setInitParameter);
    if (ownUsers) {
      UserSource none = subject -> Optional.empty();
      handler.setAttribute(UserSource.class.getName(), none);
    }
    handler.addFilter(JwtHandshakeFilter.class, "/ws", EnumSet.of(DispatcherType.REQUEST));
    server.setHandler(handler);
    Throwable thrown = catchThrowable(server::start);
    assertThat(catchThrowable(server::stop)).isNull();
    while (thrown != null && !(thrown instanceof ConfigurationException)) {
      thrown = thrown.getCause();
    }
    return thrown == null ? "" : thrown.getMessage();
  }

  private static Map<String, String> production(String... more) {
    Map<String, String> params = new LinkedHashMap<>();
    params.put("ENVIRONMENT", "production");
    for (int i = 0; i < more.length; i += 2) {
      params.put(more[i], more[i + 1]);
    }
    return params;
  }

  @Test
  void keysDatabaseAndQueryAreToldTogether() {
    String told =
        failure(
            production(
                "drawbridge.jwt.public.key", "/absent/key.pem",
                "drawbridge.jwt.algorithms", "RS257",
                "drawbridge.jwt.issuer", "https://login.example.org",
                "drawbridge.jwt.audience", "chat",
                "drawbridge.user.query", "SELECT 1",
                "drawbridge.management.token", "${TOKEN}"),
            false);

    assertThat(told)
        .contains(
            "5 problems",
            "DRAWBRIDGE_JWT_ALGORITHMS must hold only names",
            "DRAWBRIDGE_JWT_PUBLIC_KEY is not usable: the file cannot be read",
            "DRAWBRIDGE_DB_URL is required in production",
            "DRAWBRIDGE_USER_QUERY must have the parameter :subject",
            "DRAWBRIDGE_MANAGEMENT_TOKEN is a placeholder");
  }

  @Test
  void revocationsWithoutADatabaseAreToldWithTheOthers() {
    String told =
        failure(
            production(
                "drawbridge.jwt.secret", "${JWT_SECRET_OF_THE_PRODUCTION_SERVER}",
                "drawbridge.jwt.revocations", "database",
                "drawbridge.heartbeat.interval", "5s",
                "drawbridge.heartbeat.grace", "9s"),
            true);

    assertThat(told)
        .contains(
            "5 problems",
            "DRAWBRIDGE_JWT_SECRET is not usable: the secret is a placeholder",
            "DRAWBRIDGE_JWT_ISSUER is required",
            "DRAWBRIDGE_JWT_AUDIENCE is required",
            "DRAWBRIDGE_JWT_REVOCATIONS=database needs a database",
            "DRAWBRIDGE_HEARTBEAT_GRACE (9s) must be <= DRAWBRIDGE_HEARTBEAT_INTERVAL (5s)");
  }

  @Test
  void missingTableStopsTheStart() {
    Map<String, String> params = new LinkedHashMap<>();
    params.put("ENVIRONMENT", "development");
    params.put("WEBSOCKET_DEV_MODE", "true");
    params.put("drawbridge.db.url", "jdbc:h2:mem:" + UUID.randomUUID());

    assertThat(failure(params, false)).contains("app_user", "migrations");
    assertThat(failure(params, true)).isEmpty();
    params.put("drawbridge.user.query", "SELECT login AS subject FROM absent WHERE x = :subject");
    assertThat(failure(params, false)).contains("DRAWBRIDGE_USER_QUERY cannot be prepared");
  }

  @ParameterizedTest
  @CsvSource({
    "DRAWBRIDGE_MAX_MESSAGE_BYTES, 1000",
    "drawbridge.max.message.bytes, 1000",
  })
  void bothSpellingsAreReadEverywhere(String name, String value) {
    Map<String, String> one = Map.of(name, value);
    for (SettingSources sources :
        List.of(
            new SettingSources().systemProperties(one),
            new SettingSources().environment(one),
            new SettingSources().contextParams(one),
            SettingSources.of(one))) {
      Settings settings = Settings.of(sources);

      assertThat(settings.problems()).isEmpty();
      assertThat(settings.integer(Setting.MAX_MESSAGE_BYTES)).isEqualTo(1000);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "DRAWBRIDGE_MAX_MESSAGE_BITES, DRAWBRIDGE_MAX_MESSAGE_BYTES",
    "drawbridge.max.message.bites, drawbridge.max.message.bytes",
  })
  void unknownNameOfEitherSpellingIsRefusedEverywhere(String name, String nearest) {
    Map<String, String> one = Map.of(name, "1000");
    for (SettingSources sources :
        List.of(
            new SettingSources().systemProperties(one),
            new SettingSources().environment(one),
            new SettingSources().contextParams(one),
            SettingSources.of(one))) {
      assertThat(Settings.of(sources).problems())
          .singleElement()
          .asString()
          .contains(name, "the nearest name is " + nearest);
    }
  }

  @Test
  void bothSpellingsWithDifferentValuesAreTold() {
    Settings settings =
        Settings.of(
            new SettingSources()
                .contextParams(
                    Map.of(
                        "DRAWBRIDGE_MAX_MESSAGE_BYTES", "1000",
                        "drawbridge.max.message.bytes", "2000")));

    assertThat(settings.problems()).singleElement().asString().contains("given twice");
  }
}
