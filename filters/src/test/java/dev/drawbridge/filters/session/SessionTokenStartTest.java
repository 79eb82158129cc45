package dev.drawbridge.filters.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.testing.CapturedLog;
import jakarta.servlet.DispatcherType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the servlet refuses to start with, in a sentence that says what to change. */
class SessionTokenStartTest {
  @TempDir Path folder;

  private static String failure(SessionServer server) {
    Throwable thrown = catchThrowable(server::start);
    server.close();
    while (thrown != null && !(thrown instanceof ConfigurationException)) {
      thrown = thrown.getCause();
    }
    return thrown == null ? "" : thrown.getMessage();
  }

  @Test
  void publicKeysSignNothing() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    Path pem = folder.resolve("key.pem");
    Files.writeString(
        pem,
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder()
                .encodeToString(generator.generateKeyPair().getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n");
    Map<String, String> settings =
        SessionServer.production("drawbridge.jwt.public.key", pem.toString());
    settings.remove("drawbridge.jwt.secret");

    String told = failure(new SessionServer(settings));

    assertThat(told)
        .contains("SessionTokenServlet signs with a secret, and only public keys are configured")
        .contains("DRAWBRIDGE_JWT_SECRET");
  }

  @ParameterizedTest
  @CsvSource({"/ws/*", "/*", "/ws/token"})
  void servletBehindTheHandshakeFilterIsToldApart(String pattern) {
    SessionServer server = new SessionServer(SessionServer.production());
    server.context.addFilter(JwtHandshakeFilter.class, pattern, EnumSet.of(DispatcherType.REQUEST));

    assertThat(failure(server))
        .contains(
            "SessionTokenServlet at /ws/token stands behind JwtHandshakeFilter at " + pattern);
  }

  @ParameterizedTest
  @CsvSource({
    "ttl, 14s, DRAWBRIDGE_SESSION_TOKEN_TTL",
    "ttl, 16m, DRAWBRIDGE_SESSION_TOKEN_TTL",
    "ttl, 0, DRAWBRIDGE_SESSION_TOKEN_TTL",
    "revoke, maybe, DRAWBRIDGE_SESSION_TOKEN_REVOKE",
    "property, a..b, DRAWBRIDGE_SESSION_TOKEN_PROPERTY must be names joined by dots",
    "atribute, user, the nearest name is drawbridge.session.token.attribute",
  })
  void settingThatDoesNotFitStopsTheStart(String name, String value, String sentence) {
    assertThat(
            failure(
                new SessionServer(
                    SessionServer.production("drawbridge.session.token." + name, value))))
        .contains(sentence);
  }

  @Test
  void lifeOfATokenIsWithinTheLongestThatIsAccepted() {
    assertThat(
            failure(
                new SessionServer(
                    SessionServer.production(
                        "drawbridge.session.token.ttl", "5m",
                        "drawbridge.jwt.max.lifetime", "2m"))))
        .contains("DRAWBRIDGE_SESSION_TOKEN_TTL (5m) must be <= DRAWBRIDGE_JWT_MAX_LIFETIME (2m)");
  }

  /** A session's token has no roles in it. */
  @ParameterizedTest
  @CsvSource({
    "drawbridge.users, token, true",
    "drawbridge.roles, token, true",
    "drawbridge.roles, both, false",
    "drawbridge.users, both, false",
    "drawbridge.users, database, false",
  })
  void rolesThatNoSessionHasAreToldOf(String name, String value, boolean told) throws Exception {
    Map<String, String> settings =
        SessionServer.production(name, value, "drawbridge.jwt.roles.claim", "/roles");
    try (CapturedLog log = new CapturedLog(SessionTokenServlet.class.getName(), Level.WARN);
        SessionServer server = new SessionServer(settings).start()) {
      assertThat(server.context.isStarted()).isTrue();
      assertThat(log.lines().stream().anyMatch(line -> line.text().contains("hold no roles")))
          .isEqualTo(told);
    }
  }

  @Test
  void pathOfTheServletIsInTheContextWhileItRuns() throws Exception {
    SessionServer server = new SessionServer(SessionServer.production()).start();
    Object path =
        server.context.getServletContext().getAttribute(SessionTokenServlet.PATH_ATTRIBUTE);

    server.close();

    assertThat(path).isEqualTo("/ws/token");
    assertThat(server.context.getAttribute(SessionTokenServlet.PATH_ATTRIBUTE)).isNull();
  }
}
