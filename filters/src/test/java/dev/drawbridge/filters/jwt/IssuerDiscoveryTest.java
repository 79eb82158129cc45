package dev.drawbridge.filters.jwt;

import static dev.drawbridge.filters.testing.OpenIdServer.OAUTH;
import static dev.drawbridge.filters.testing.OpenIdServer.OPENID;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.JwksServer;
import dev.drawbridge.filters.testing.OpenIdServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.LocalHttp;
import java.security.KeyPair;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The issuer is all that is set; its keys are found. */
class IssuerDiscoveryTest {

  private OpenIdServer provider;

  @BeforeEach
  void start() throws Exception {
    provider = new OpenIdServer();
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private static Map<String, String> settings(String issuer) {
    Map<String, String> settings = TestServer.settings();
    settings.remove("drawbridge.jwt.secret");
    settings.put("drawbridge.jwt.issuer", issuer);
    return settings;
  }

  private static String token(String issuer, KeyPair keys, String algorithm) {
    return TestTokens.token("alice")
        .claim("iss", issuer)
        .key(algorithm, keys.getPrivate())
        .header("kid", "one")
        .sign();
  }

  private static String token(String issuer) {
    return token(issuer, TestKeys.RSA, "RS256");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "/realms/chat", "/realms/chat/"})
  void issuerAloneIsEnough(String path) throws Exception {
    String bare = path.replaceAll("/$", "");
    String issuer = provider.url(path);
    provider.at(
        bare + OPENID, LocalHttp.serving(OpenIdServer.metadata(issuer, provider.url("/k"))));
    provider.at("/k", OpenIdServer.keySet(TestKeys.RSA, "one"));
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      TestServer.Answer answer = server.bearer(token(issuer));

      assertThat(answer.status()).isEqualTo(101);
      assertThat(provider.asked()).containsExactly(bare + OPENID, "/k");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/.well-known/oauth-authorization-server/realms/chat",
    "/.well-known/openid-configuration/realms/chat",
    "/realms/chat/.well-known/oauth-authorization-server"
  })
  void metadataIsFoundWhereRfc8414AndOthersPutIt(String place) throws Exception {
    String issuer = provider.url("/realms/chat");
    provider.at(place, LocalHttp.serving(OpenIdServer.metadata(issuer, provider.url("/k"))));
    provider.at("/k", OpenIdServer.keySet(TestKeys.RSA, "one"));
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      assertThat(server.bearer(token(issuer)).status()).isEqualTo(101);
    }
  }

  @Test
  void algorithmsAreThoseThatTheKeysAllow() throws Exception {
    String issuer = provider.provider("/a", TestKeys.P256, "one");
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      assertThat(server.bearer(token(issuer, TestKeys.P256, "ES256")).status()).isEqualTo(101);
      assertThat(server.bearer(token(issuer)).code()).isEqualTo("token_alg_not_allowed");
      assertThat(server.bearer(TestTokens.token("alice").claim("iss", issuer).sign()).code())
          .isEqualTo("token_alg_not_allowed");
    }
  }

  /** Name, what the metadata's address answers, and what the hint says. */
  static Stream<Arguments> lies() {
    UnaryOperator<String> good = issuer -> OpenIdServer.metadata(issuer, issuer + "/keys");
    return Stream.of(
        lie("another issuer", i -> good.apply("https://evil.example"), "must name the issuer"),
        lie("issuer with a slash more", i -> good.apply(i + "/"), "must name the issuer"),
        lie("issuer in upper case", i -> good.apply(i.toUpperCase(java.util.Locale.ROOT)), "must"),
        lie("no issuer", i -> "{\"jwks_uri\":\"" + i + "/keys\"}", "absent"),
        lie("issuer is no text", i -> OpenIdServer.metadata(List.of(i), i + "/keys"), "must name"),
        lie("issuer twice", i -> "{\"issuer\":\"x\"," + good.apply(i).substring(1), "duplicate"),
        lie("no keys", i -> "{\"issuer\":\"" + i + "\"}", "jwks_uri"),
        lie("keys are no text", i -> OpenIdServer.metadata(i, 1), "jwks_uri"),
        lie("keys by file", i -> OpenIdServer.metadata(i, "file:///etc/passwd"), "jwks_uri"),
        lie("keys relative", i -> OpenIdServer.metadata(i, "/keys"), "jwks_uri"),
        lie("keys by http", i -> OpenIdServer.metadata(i, "http://192.0.2.1/k"), "https://"),
        lie("keys near by", i -> OpenIdServer.metadata(i, "http://localhost.a.example/k"), "https"),
        lie("keys with user", i -> OpenIdServer.metadata(i, "https://a:b@c/k"), "user name"),
        lie("HTML", i -> "<!DOCTYPE html><html></html>", "HTML"),
        lie("array", i -> "[" + good.apply(i) + "]", "JSON object"),
        lie("empty", i -> "", "JSON object"),
        lie("huge", i -> good.apply(i) + " ".repeat(70_000), "at most 65536 bytes"));
  }

  private static Arguments lie(String name, UnaryOperator<String> body, String hint) {
    return Arguments.of(name, body, hint);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void metadataThatCannotBeReliedOnHasItsOwnCode(
      String name, UnaryOperator<String> body, String hint) throws Exception {
    String issuer = provider.provider("/a", TestKeys.RSA, "one");
    String type = name.equals("HTML") ? "text/html; charset=utf-8" : "application/json";
    provider.at("/a" + OPENID, LocalHttp.serving(body.apply(issuer), "Content-Type", type));
    // A good answer elsewhere is not asked for: nothing falls back.
    provider.at(OAUTH + "/a", LocalHttp.serving(OpenIdServer.metadata(issuer, issuer + "/keys")));
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      TestServer.Answer answer = server.bearer(token(issuer));

      JsonNode problem = new ObjectMapper().readTree(answer.body());
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.code()).isEqualTo("issuer_metadata_invalid");
      assertThat(problem.path("hint").asText()).contains(hint);
      assertThat(answer.header("Retry-After")).isPresent();
      assertThat(provider.asked()).doesNotContain("/a/keys", OAUTH + "/a");
      assertThat(server.runtime().authenticator().isReady()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 307, 308})
  void redirectsAreNotFollowed(int status) throws Exception {
    String issuer = provider.provider("/a", TestKeys.RSA, "one");
    String good = provider.provider("/b", TestKeys.RSA, "one");
    provider.at("/a" + OPENID, LocalHttp.answering(status, "", "Location", good + OPENID));
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      TestServer.Answer answer = server.bearer(token(issuer));

      assertThat(answer.code()).isEqualTo("issuer_metadata_invalid");
      assertThat(answer.body()).contains("redirect (status " + status + ")");
      assertThat(provider.asked()).doesNotContain("/b" + OPENID);
    }
  }

  @Test
  void noMetadataAtAllIsSaidWithBothPlaces() throws Exception {
    String issuer = provider.url("/a");
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      TestServer.Answer answer = server.bearer(token(issuer));

      assertThat(answer.code()).isEqualTo("issuer_metadata_invalid");
      assertThat(answer.body()).contains("/a" + OPENID, OAUTH + "/a", "DRAWBRIDGE_JWT_JWKS_URL");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 503, 401})
  void outageOfTheMetadataIsAnOutageOfTheKeys(int status) throws Exception {
    String issuer = provider.provider("/a", TestKeys.RSA, "one");
    provider.at("/a" + OPENID, LocalHttp.answering(status, "x"));
    provider.at(OAUTH + "/a", LocalHttp.serving(OpenIdServer.metadata(issuer, issuer + "/keys")));
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      TestServer.Answer answer = server.bearer(token(issuer));

      assertThat(answer.code()).isEqualTo("keys_unavailable");
      assertThat(answer.body()).contains("status " + status);
    }
  }

  @Test
  void slowMetadataDoesNotHoldHandshakesForLong() throws Exception {
    try (JwksServer slow = new JwksServer("{}")) {
      String issuer = provider.provider("/a", TestKeys.RSA, "one");
      provider.at("/a" + OPENID, slow.stalling());
      try (TestServer server = new TestServer(settings(issuer)).start()) {
        long before = System.nanoTime();

        TestServer.Answer answer = server.bearer(token(issuer));

        assertThat(answer.code()).isEqualTo("keys_unavailable");
        assertThat(System.nanoTime() - before).isLessThan(10_000_000_000L);
      }
    }
  }

  @Test
  void serverThatComesUpLaterIsFoundAndItsOutageLeavesTheKeys() throws Exception {
    String issuer = provider.provider("/a", TestKeys.RSA, "one");
    provider.die();
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      assertThat(server.bearer(token(issuer)).code()).isEqualTo("keys_unavailable");

      provider.revive();

      dev.drawbridge.testing.Eventually.eventually(
          "the keys are there", () -> server.bearer(token(issuer)).status() == 101);
      provider.die();
      assertThat(server.bearer(token(issuer)).status()).isEqualTo(101);
      provider.revive();
    }
  }

  @Test
  void rotatedKeyIsFetchedWithoutReadingTheMetadataAgain() throws Exception {
    String issuer = provider.provider("/a", TestKeys.RSA, "one");
    try (TestServer server = new TestServer(settings(issuer)).start()) {
      assertThat(server.bearer(token(issuer)).status()).isEqualTo(101);

      provider.at("/a/keys", OpenIdServer.keySet(TestKeys.RSA_2, "two"));
      String rotated =
          TestTokens.token("alice")
              .claim("iss", issuer)
              .key("RS256", TestKeys.RSA_2.getPrivate())
              .header("kid", "two")
              .sign();

      assertThat(server.bearer(rotated).status()).isEqualTo(101);
      assertThat(server.bearer(token(issuer)).code()).isEqualTo("token_key_unknown");
      assertThat(provider.asked()).containsExactly("/a" + OPENID, "/a/keys", "/a/keys");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "production, http://localhost:9/a, false, DRAWBRIDGE_JWT_ALLOW_HTTP",
    "production, http://localhost:9/a, true, ''",
    "production, https://login.example.org/a, false, ''",
    "production, https://login.example.org/a?b=c, false, one of DRAWBRIDGE_JWT_SECRET",
    "production, https://u:p@login.example.org, false, one of DRAWBRIDGE_JWT_SECRET",
    "production, my-application, false, one of DRAWBRIDGE_JWT_SECRET",
    "production, ftp://login.example.org, false, one of DRAWBRIDGE_JWT_SECRET",
    "development, http://localhost:9/a, false, ''",
    "development, http://127.0.0.1:9/a, false, ''",
    "development, http://[::1]:9/a, false, ''",
    "development, http://keycloak:8080/a, false, DRAWBRIDGE_JWT_ALLOW_HTTP",
    "development, http://keycloak:8080/a, true, ''",
    "development, http://localhost.example.org/a, false, DRAWBRIDGE_JWT_ALLOW_HTTP",
    "development, http://127.0.0.1.example.org/a, false, DRAWBRIDGE_JWT_ALLOW_HTTP",
    "development, my-application, false, ''"
  })
  void startSaysWhatKeepsAnIssuerFromBeingLookedUp(
      String environment, String issuer, String http, String problem) {
    Map<String, String> settings = new LinkedHashMap<>(settings(issuer));
    settings.put("ENVIRONMENT", environment);
    settings.put("drawbridge.jwt.allow.http", http);

    List<String> problems = HandshakeAuthenticator.problems(Settings.of(settings));

    if (problem.isEmpty()) {
      assertThat(problems).isEmpty();
    } else {
      assertThat(problems).singleElement().asString().contains(problem);
    }
  }

  @Test
  void keySetByHttpInsideTheClusterNeedsTheSetting() {
    Map<String, String> settings = settings("https://login.example.org");
    settings.put("ENVIRONMENT", "production");
    settings.put("drawbridge.jwt.jwks.url", "http://keycloak:8080/certs");

    List<String> without = HandshakeAuthenticator.problems(Settings.of(settings));
    settings.put("drawbridge.jwt.allow.http", "true");
    Settings with = Settings.of(settings);

    assertThat(without).singleElement().asString().contains("DRAWBRIDGE_JWT_ALLOW_HTTP=true");
    assertThat(HandshakeAuthenticator.problems(with)).isEmpty();
    assertThat(with.warnings()).anyMatch(line -> line.startsWith("DRAWBRIDGE_JWT_ALLOW_HTTP"));
  }
}
