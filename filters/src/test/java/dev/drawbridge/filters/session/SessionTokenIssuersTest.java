package dev.drawbridge.filters.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.filters.session.SessionServer.Visitor;
import dev.drawbridge.filters.testing.TestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A session's token says what the configured issuer's tokens must say, whichever that is. */
class SessionTokenIssuersTest {
  private static final String OWN = "https://shop.example.org";

  @TempDir Path folder;

  /** Two issuers: a provider with public keys, and the application itself with a secret. */
  private Map<String, String> both(String prefix) throws Exception {
    Path keys = folder.resolve("keys.json");
    Files.writeString(keys, TestKeys.jwks(List.of(TestKeys.jwk(TestKeys.RSA.getPublic(), "rsa"))));
    Path secret = folder.resolve("secret");
    Files.writeString(secret, SessionServer.SECRET);
    Path issuers = folder.resolve("issuers.json");
    Files.writeString(
        issuers,
        """
        {"issuers": [
          {"issuer": "https://login.example.org", "audience": "shop", "jwksFile": "%s"},
          {"issuer": "%s", "audience": ["shop", "api"], "secretFile": "%s"%s}]}
        """
            .formatted(keys, OWN, secret, prefix));
    Map<String, String> settings =
        SessionServer.production(
            "drawbridge.session.token.attribute",
            "user",
            "drawbridge.jwt.issuers.file",
            issuers.toString());
    settings
        .keySet()
        .removeAll(
            List.of("drawbridge.jwt.secret", "drawbridge.jwt.issuer", "drawbridge.jwt.audience"));
    return settings;
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"``, https://shop.example.org|alice", "`, \"subjectPrefix\": \"own|\"`, own|alice"})
  void theIssuerWithTheSecretSignsAndItsLogoutsCount(String prefix, String subject)
      throws Exception {
    SessionServer server = new SessionServer(both(prefix));
    server.users.put(subject, User.of(subject, "Alice", Set.of()));
    try (server) {
      server.start();
      Visitor alice = server.visitor();
      alice.logsInAs("alice");

      String token = alice.token();
      assertThat(server.handshake(token)).isEqualTo("101");

      alice.does(request -> request.getSession().invalidate());
      assertThat(server.handshake(token)).isEqualTo("token_revoked");
    }
  }

  private Map<String, String> ofSecrets(String first, String second) throws Exception {
    Map<String, String> settings = both("");
    Path one = folder.resolve("one");
    Files.writeString(one, "Zq8LmW3xYt6VbN1cRk5HsJd9GfPe2UaQ7iTo");
    Files.writeString(
        Path.of(settings.get("drawbridge.jwt.issuers.file")),
        """
        {"issuers": [
          {"issuer": "partner", "audience": "shop", "secretFile": "%s"%s},
          {"issuer": "%s", "audience": "shop", "secretFile": "%s", "subjectPrefix": "own:"%s}]}
        """
            .formatted(one, first, OWN, folder.resolve("secret"), second));
    return settings;
  }

  @Test
  void ofSeveralSecretsTheOneThatIsNamedSigns() throws Exception {
    SessionServer server = new SessionServer(ofSecrets("", ", \"signs\": true"));
    server.users.put("own:alice", User.of("own:alice", "Alice", Set.of()));
    try (server) {
      server.start();
      Visitor alice = server.visitor();
      alice.logsInAs("alice");

      assertThat(server.handshake(alice.token())).isEqualTo("101");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", \"signs\": false"})
  void ofSeveralSecretsNoneSignsUnlessItIsNamed(String signs) throws Exception {
    try (SessionServer server = new SessionServer(ofSecrets(signs, ""))) {
      assertThatThrownBy(server::start)
          .hasStackTraceContaining("several issuers of DRAWBRIDGE_JWT_ISSUERS_FILE have one")
          .hasStackTraceContaining("\"signs\": true");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "drawbridge.jwt.subject.claim, oid",
    "drawbridge.jwt.subject.claim, email",
    "drawbridge.jwt.subject.claim, preferred_username",
    "drawbridge.jwt.subject.claim, /user/id",
    "drawbridge.jwt.audience.claim, azp",
    "drawbridge.jwt.audience.claim, client_id",
    "drawbridge.jwt.audience, 'first, second'",
    "drawbridge.jwt.token.use, id",
    "drawbridge.jwt.token.use, any",
    "drawbridge.jwt.algorithms, HS256",
    "drawbridge.users, token",
  })
  void tokenFitsWhateverTheTokensMustSay(String setting, String value) throws Exception {
    Map<String, String> settings =
        SessionServer.production("drawbridge.session.token.attribute", "user", setting, value);
    try (SessionServer server = new SessionServer(settings).start()) {
      Visitor alice = server.visitor();
      alice.logsInAs("alice");

      assertThat(server.handshake(alice.token())).isEqualTo("101");
    }
  }

  @Test
  void secretOfAFileSigns() throws Exception {
    Path secret = folder.resolve("secret");
    Files.writeString(secret, SessionServer.SECRET);
    Map<String, String> settings =
        SessionServer.production(
            "drawbridge.session.token.attribute",
            "user",
            "drawbridge.jwt.secret.file",
            secret.toString());
    settings.remove("drawbridge.jwt.secret");
    try (SessionServer server = new SessionServer(settings).start()) {
      Visitor alice = server.visitor();
      alice.logsInAs("alice");

      assertThat(server.handshake(alice.token())).isEqualTo("101");
    }
  }
}
