package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.CapturedLog;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Users who live at the provider, and what a table of one's own still decides. */
class UsersOfTokensTest {

  private static Map<String, String> settings(String users) {
    Map<String, String> settings = TestServer.production();
    settings.put("drawbridge.users", users);
    return settings;
  }

  private static User user(User.Status status) {
    return User.builder("bob").displayName("Bob of the table").status(status).build();
  }

  /** Starts the filter alone: nothing is brought and no database is set. */
  private static void startAlone(Map<String, String> settings) throws Exception {
    Server server = new Server(0);
    ServletContextHandler context = new ServletContextHandler("/");
    settings.forEach(context::setInitParameter);
    context.addFilter(new FilterHolder(new JwtHandshakeFilter()), "/ws/*", null);
    server.setHandler(context);
    try {
      server.start();
      HandshakeAuthenticator authenticator =
          ((dev.drawbridge.filters.runtime.DrawbridgeRuntime)
                  context
                      .getServletContext()
                      .getAttribute(
                          dev.drawbridge.filters.runtime.DrawbridgeRuntime.class.getName()))
              .authenticator();
      assertThat(authenticator.authenticate(TestTokens.good("anybody")).user().subject())
          .isEqualTo("anybody");
    } finally {
      server.stop();
    }
  }

  @Test
  void noDatabaseIsNeededAndTheLogSaysWhatIsLost() throws Exception {
    try (CapturedLog log =
        new CapturedLog(
            dev.drawbridge.filters.runtime.DrawbridgeRuntime.class.getName(), Level.WARN)) {
      startAlone(settings("token"));

      assertThat(log.lines())
          .anyMatch(
              line ->
                  line.text().contains("DRAWBRIDGE_USERS=token")
                      && line.text().contains("disabled at the provider"));
    }
  }

  @Test
  void databaseAndBothNeedOneAsBefore() {
    for (String users : new String[] {"database", "both"}) {
      assertThatThrownBy(() -> startAlone(settings(users)))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("DRAWBRIDGE_DB_URL is required");
    }
  }

  @Test
  void revocationsInADatabaseNeedOneStill() {
    Map<String, String> settings = settings("token");
    settings.put("drawbridge.jwt.revocations", "database");

    assertThatThrownBy(() -> startAlone(settings))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("DRAWBRIDGE_DB_URL is required");
  }

  @Test
  void settingsOfLookupsAreSaidToBeWithoutEffect() throws Exception {
    Map<String, String> settings = settings("token");
    settings.put("drawbridge.user.query", "SELECT 1 FROM t WHERE a = :subject");
    settings.put("drawbridge.db.url", "jdbc:h2:mem:unused");
    settings.put("drawbridge.user.cache.ttl", "50s");
    try (CapturedLog log =
        new CapturedLog(
            dev.drawbridge.filters.runtime.DrawbridgeRuntime.class.getName(), Level.WARN)) {
      startAlone(settings);

      assertThat(log.lines())
          .anyMatch(
              line ->
                  line.text()
                      .matches(
                          ".*DRAWBRIDGE_USER_CACHE_TTL, DRAWBRIDGE_USER_QUERY,"
                              + " DRAWBRIDGE_DB_URL without effect: DRAWBRIDGE_USERS is token.*"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "database, absent, user_not_found",
    "database, ACTIVE, Bob of the table",
    "database, SUSPENDED, user_disabled",
    "database, DELETED, user_not_found",
    "both, absent, Robert",
    "both, ACTIVE, Bob of the table",
    "both, SUSPENDED, user_disabled",
    "both, DELETED, user_not_found",
    "token, absent, Robert",
    "token, ACTIVE, Robert",
    "token, SUSPENDED, Robert",
    "token, DELETED, Robert"
  })
  void rowDecidesWhereThereIsOneAndIsAskedFor(String users, String row, String expected)
      throws Exception {
    try (TestServer server = new TestServer(settings(users)).start()) {
      if (!row.equals("absent")) {
        server.users.put("bob", user(User.Status.valueOf(row)));
      }

      TestServer.Answer answer =
          server.bearer(TestTokens.token("bob").claim("name", "Robert").sign());

      String outcome =
          answer.status() == 101
              ? server.upgrades.get(0).handshake().user().displayName()
              : answer.code();
      assertThat(outcome).isEqualTo(expected);
    }
  }

  @Test
  void outageOfTheTableIsNoReasonToBelieveTheToken() throws Exception {
    Map<String, String> settings = settings("both");
    settings.put("drawbridge.user.lookup.timeout", "200ms");
    dev.drawbridge.db.user.UserSource away =
        subject -> {
          throw new IllegalStateException("away");
        };
    try (TestServer server =
        new TestServer(settings, Map.of(dev.drawbridge.db.user.UserSource.class, away)).start()) {
      assertThat(server.bearer(TestTokens.good("bob")).code()).isEqualTo("auth_unavailable");
    }
  }

  @Test
  void revokedTokenIsRefusedWithoutAnyTable() throws Exception {
    try (TestServer server = new TestServer(settings("token")).start()) {
      Revocations revocations = server.runtime().authenticator().revocations();
      revocations.revoke("j", Instant.now().plusSeconds(60));
      revocations.revokeBefore("carol", Instant.now().plusSeconds(60));

      assertThat(server.bearer(TestTokens.token("bob").claim("jti", "j").sign()).code())
          .isEqualTo("token_revoked");
      assertThat(server.bearer(TestTokens.good("carol")).code()).isEqualTo("token_revoked");
    }
  }

  @ParameterizedTest
  @CsvSource({"Robert, bobby, Robert", "'', bobby, bobby", "' x', '', bob", "absent, absent, bob"})
  void displayNameIsWhatTheTokenHasForIt(String name, String username, String expected)
      throws Exception {
    try (TestServer server = new TestServer(settings("token")).start()) {
      server.bearer(
          TestTokens.token("bob")
              .claim("name", name.equals("absent") ? null : name)
              .claim("preferred_username", username.equals("absent") ? null : username)
              .sign());

      assertThat(server.upgrades.get(0).handshake().user())
          .isEqualTo(User.of("bob", expected, Set.of()));
    }
  }

  @Test
  void userOfAnOpenConnectionIsJudgedByTheSameRule() throws Exception {
    User present = User.of("bob", "Bob", Set.of("t"));
    User found = User.of("bob", "Bobby", Set.of("d"));
    for (String users : new String[] {"database", "both"}) {
      try (TestServer server = new TestServer(settings(users)).start()) {
        HandshakeAuthenticator authenticator = server.runtime().authenticator();

        assertThat(authenticator.looksUsersUp()).isTrue();
        assertThat(authenticator.again(present, found, Set.of("t"))).isEqualTo(found);
        User gone = authenticator.again(present, null, Set.of("t"));
        assertThat(gone).isEqualTo(users.equals("both") ? User.of("bob", "Bob", Set.of()) : null);
      }
    }
    try (TestServer server = new TestServer(settings("token")).start()) {
      assertThat(server.runtime().authenticator().looksUsersUp()).isFalse();
    }
  }
}
