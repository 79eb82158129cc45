package dev.drawbridge.filters.jwt;

import static dev.drawbridge.filters.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.migrations.Migrations;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.h2.tools.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A database server that is stopped and started again under a running filter. */
class DatabaseOutageTest {

  @TempDir Path directory;

  @Test
  void knownUsersComeInOthersWaitAndItComesBackByItself() throws Exception {
    Server database = listen("0");
    int port = database.getPort();
    String url = "jdbc:h2:tcp://localhost:" + port + "/" + directory.resolve("users");
    migrate(url);
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.db.url", url);
    settings.put("drawbridge.db.user", "sa");
    settings.put("drawbridge.db.acquire.timeout", "500ms");
    settings.put("drawbridge.jwt.revocations", "database");
    settings.put("drawbridge.user.cache.ttl", "1s");
    settings.put("drawbridge.user.cache.refresh", "500ms");
    String alice = TestTokens.token("alice").claim("jti", "a-1").sign();
    String bob = TestTokens.token("bob").claim("jti", "b-1").sign();
    try (TestServer server = new TestServer(settings).start()) {
      assertThat(server.bearer(alice).status()).isEqualTo(101);
      assertThat(server.bearer(TestTokens.good("nobody")).code()).isEqualTo("user_not_found");

      database.stop();

      // Longer than the fresh time of the user, so that the answer is a stale one.
      Instant end = Instant.now().plusMillis(2500);
      Set<String> known = new HashSet<>();
      Set<String> unknown = new HashSet<>();
      while (Instant.now().isBefore(end)) {
        known.add(String.valueOf(server.bearer(alice).status()));
        TestServer.Answer refused = server.bearer(bob);
        unknown.add(refused.code());
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After").map(Integer::parseInt).orElseThrow())
            .isBetween(1, 60);
      }
      assertThat(known).containsExactly("101");
      assertThat(unknown).containsExactly("auth_unavailable");

      database = listen(String.valueOf(port));

      eventually("bob comes in", () -> server.bearer(bob).status() == 101);
    } finally {
      database.stop();
    }
  }

  @Test
  void revocationsInTheDatabaseCountOnEveryServerAndSurviveARestart() throws Exception {
    String url = "jdbc:h2:mem:revocations;DB_CLOSE_DELAY=-1";
    migrate(url);
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.db.url", url);
    settings.put("drawbridge.db.user", "sa");
    settings.put("drawbridge.jwt.revocations", "database");
    Instant expiry = Instant.now().plusSeconds(3600);
    String first = TestTokens.token("alice").claim("jti", "first").sign();
    String second = TestTokens.token("alice").claim("jti", "second").sign();
    try (TestServer server = new TestServer(settings).start();
        TestServer other = new TestServer(settings).start()) {
      assertThat(server.bearer(first).status()).isEqualTo(101);
      assertThat(other.bearer(first).status()).isEqualTo(101);

      server.runtime().authenticator().revocations().revoke("first", expiry);
      server.runtime().authenticator().revocations().revoke("first", expiry);

      assertThat(server.bearer(first).code()).isEqualTo("token_revoked");
      assertThat(server.bearer(second).status()).isEqualTo(101);
      eventually(
          "the other server knows", () -> other.bearer(first).code().equals("token_revoked"));
    }
    try (TestServer again = new TestServer(settings).start()) {
      assertThat(again.bearer(first).code()).isEqualTo("token_revoked");
      Revocations revocations = again.runtime().authenticator().revocations();
      revocations.revokeBefore("alice", Instant.now().plusSeconds(2));
      revocations.revokeBefore("alice", Instant.now().minusSeconds(3600));

      assertThat(again.bearer(second).code()).isEqualTo("token_revoked");
      assertThat(
              again
                  .bearer(
                      TestTokens.token("alice")
                          .claim("iat", Instant.now().getEpochSecond() + 5)
                          .sign())
                  .status())
          .isEqualTo(101);
      assertThat(again.bearer(TestTokens.good("bob")).status()).isEqualTo(101);
    }
  }

  private static Server listen(String port) throws SQLException {
    return Server.createTcpServer("-tcpPort", port, "-ifNotExists").start();
  }

  private static void migrate(String url) throws SQLException {
    Migrations.builder().url(url).user("sa").password("").build().run();
    try (Connection connection = DriverManager.getConnection(url, "sa", "");
        Statement statement = connection.createStatement()) {
      for (String subject : Set.of("alice", "bob")) {
        statement.executeUpdate(
            "INSERT INTO app_user (id, subject, display_name) VALUES ('"
                + subject
                + "', '"
                + subject
                + "', 'X')");
      }
    }
  }
}
