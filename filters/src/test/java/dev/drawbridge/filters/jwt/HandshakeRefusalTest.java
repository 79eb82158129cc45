package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.db.user.UserLookupUnavailableException;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.Ports;
import dev.drawbridge.testing.TestClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each refusal of the filter, over a real handshake: answer, headers and log line. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandshakeRefusalTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Codes that need another set-up than {@link RefusalCase#withSecret()}; each has its test here.
   */
  private static final Set<RefusalCode> SPECIAL =
      EnumSet.of(
          RefusalCode.TOKEN_KEY_UNKNOWN,
          RefusalCode.ORIGIN_REQUIRED,
          RefusalCode.RATE_LIMITED,
          RefusalCode.AUTH_UNAVAILABLE,
          RefusalCode.KEYS_UNAVAILABLE,
          RefusalCode.INTERNAL);

  /** Codes that the origin filter, the endpoint or its routes answer with. */
  private static final Set<RefusalCode> OF_OTHERS =
      EnumSet.of(
          RefusalCode.SUBPROTOCOL_UNSUPPORTED,
          RefusalCode.HANDSHAKE_INVALID,
          RefusalCode.ORIGIN_DENIED,
          RefusalCode.TOO_MANY_CONNECTIONS,
          RefusalCode.DRAINING,
          RefusalCode.TOKEN_USE_INVALID,
          RefusalCode.TOKEN_TENANT_INVALID,
          RefusalCode.TOKEN_EMAIL_UNVERIFIED,
          RefusalCode.TOKEN_ROLES_INVALID,
          RefusalCode.ISSUER_METADATA_INVALID,
          RefusalCode.ISSUER_KEYS_SHARED,
          RefusalCode.HANDSHAKE_FILTER_MISSING,
          RefusalCode.NOT_FOUND,
          RefusalCode.SETTINGS_INVALID,
          RefusalCode.METHOD_NOT_ALLOWED,
          RefusalCode.UPGRADE_REQUIRED,
          RefusalCode.REQUEST_INVALID,
          RefusalCode.DEV_TOKEN_UNAVAILABLE,
          RefusalCode.DEV_KEY_REQUIRED,
          RefusalCode.LOGIN_REQUIRED,
          RefusalCode.SAME_ORIGIN_REQUIRED,
          RefusalCode.SESSION_ID_IN_URL,
          RefusalCode.MANAGEMENT_TOKEN_INVALID);

  private TestServer development;
  private TestServer production;

  @BeforeAll
  void start() throws Exception {
    development = new TestServer(TestServer.settings()).start();
    Map<String, String> settings = TestServer.production();
    settings.put("drawbridge.auth.failures.per.minute", "0");
    production = new TestServer(settings).start();
    for (TestServer server : List.of(development, production)) {
      RefusalCase.addUsers(server);
      server
          .runtime()
          .authenticator()
          .revocations()
          .revoke("revoked-1", Instant.now().plusSeconds(3600));
    }
  }

  @AfterAll
  void stop() {
    development.close();
    production.close();
  }

  static List<RefusalCase> cases() {
    return RefusalCase.withSecret();
  }

  @Test
  void everyCodeOfTheTableIsCoveredHereOrElsewhere() {
    Set<RefusalCode> covered =
        cases().stream()
            .map(RefusalCase::code)
            .collect(Collectors.toCollection(() -> EnumSet.copyOf(SPECIAL)));
    covered.addAll(OF_OTHERS);

    assertThat(covered).containsExactlyInAnyOrder(RefusalCode.values());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void developmentSaysWhatToChange(RefusalCase refusal) throws Exception {
    TestServer.Answer answer = refused(development, refusal);

    JsonNode body = JSON.readTree(answer.body());
    assertThat(body.path("hint").asText()).isNotBlank();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void productionGivesNoHint(RefusalCase refusal) throws Exception {
    TestServer.Answer answer = refused(production, refusal);

    assertThat(JSON.readTree(answer.body()).has("hint")).isFalse();
  }

  @Test
  void unknownKeyIdIsNamed(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("keys.json");
    Files.writeString(file, TestKeys.jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one")));
    Map<String, String> settings = TestServer.settings();
    settings.remove("drawbridge.jwt.secret");
    settings.put("drawbridge.jwt.jwks.file", file.toString());
    try (TestServer server = new TestServer(settings).start()) {
      TestTokens token = TestTokens.token("alice").key("RS256", TestKeys.RSA.getPrivate());

      refused(
          server,
          RefusalCase.bearer(
              "kid two", RefusalCode.TOKEN_KEY_UNKNOWN, () -> token.header("kid", "two").sign()));

      assertThat(server.bearer(token.header("kid", "one").sign()).status()).isEqualTo(101);
    }
  }

  @Test
  void cookieNeedsAnOrigin() throws Exception {
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.jwt.cookie", "token");
    try (TestServer server = new TestServer(settings).start()) {
      String cookie = "Cookie: token=" + TestTokens.good("alice");
      String origin = "Origin: http://localhost:3000";

      refused(server, RefusalCase.lines("no Origin", RefusalCode.ORIGIN_REQUIRED, cookie));
      refused(
          server,
          RefusalCase.lines("nobody checks it", RefusalCode.ORIGIN_REQUIRED, cookie, origin));
      refused(
          server,
          RefusalCase.lines(
              "two cookies", RefusalCode.CREDENTIALS_AMBIGUOUS, cookie, origin, "Cookie: token=x"));
      refused(
          server,
          RefusalCase.lines(
              "cookie and header",
              RefusalCode.CREDENTIALS_AMBIGUOUS,
              cookie,
              origin,
              "Authorization: Bearer x"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Cookie: token=<T>; token=<T>",
        "Cookie: token=<T> + Cookie: token=<T>",
        "Cookie: token=; token=<T>",
        "Cookie: token=<T>; token=\"\"",
        "Cookie: token= + Authorization: Bearer <T>",
        "Cookie: token= + Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T>",
        "Cookie: token=<T> + Authorization: Basic YTpi",
      })
  void twinsAndEmptyCookiesAreNoSecondCredential(String lines) throws Exception {
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.jwt.cookie", "token");
    try (TestServer server = new TestServer(settings).behindDevCorsFilter().start()) {
      String all = lines.replace("<T>", TestTokens.good("alice")) + " + Origin: http://localhost:1";

      assertThat(server.raw("/ws", all.split(" \\+ ", -1)).status()).isEqualTo(101);
    }
  }

  @Test
  void emptiedCookieIsNoToken() throws Exception {
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.jwt.cookie", "token");
    try (TestServer server = new TestServer(settings).behindDevCorsFilter().start()) {
      assertThat(server.raw("/ws", "Cookie: token=", "Origin: http://localhost:1").code())
          .isEqualTo("token_missing");
    }
  }

  /** A page's own GET has no Origin; the browser marks it all the same. */
  @ParameterizedTest
  @CsvSource({
    "same-origin, 200",
    "same-site, 403",
    "cross-site, 403",
    "none, 403",
    "'same-origin + Sec-Fetch-Site: cross-site', 403"
  })
  void cookieOfThePageItselfIsBelievedOutsideOfHandshakes(String site, int status)
      throws Exception {
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.jwt.cookie", "token");
    try (TestServer server = new TestServer(settings).behindDevCorsFilter().start()) {
      String mark = "Sec-Fetch-Site: " + site + " + Cookie: token=" + TestTokens.good("alice");

      assertThat(
              server.plain("/api/who", ("Host: localhost + " + mark).split(" \\+ ", -1)).status())
          .isEqualTo(status);
      assertThat(server.raw("/ws", mark.split(" \\+ ", -1)).code()).isEqualTo("origin_required");
    }
  }

  @Test
  void cookieOfAnAllowedOriginOpensTheDoor() throws Exception {
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.jwt.cookie", "token");
    try (TestServer server = new TestServer(settings).behindDevCorsFilter().start()) {
      String cookie = "Cookie: token=" + TestTokens.good("alice");

      assertThat(server.raw("/ws", cookie, "Origin: http://localhost:3000").status())
          .isEqualTo(101);
      assertThat(server.upgrades.get(0).handshake().transport()).isEqualTo("cookie");
      assertThat(server.raw("/ws", cookie, "Origin: https://evil.example").code())
          .isEqualTo("origin_denied");
      refused(server, RefusalCase.lines("no Origin", RefusalCode.ORIGIN_REQUIRED, cookie));
    }
  }

  @Test
  void lookupFailureIsUnavailableAndNeverUnauthorized() throws Exception {
    UserSource broken =
        subject -> {
          throw new UserLookupUnavailableException("away", null);
        };
    try (TestServer server =
        new TestServer(TestServer.settings(), Map.of(UserSource.class, broken)).start()) {
      TestServer.Answer answer =
          refused(
              server,
              RefusalCase.bearer(
                  "no users", RefusalCode.AUTH_UNAVAILABLE, () -> TestTokens.good("alice")));

      assertThat(answer.header("Retry-After").map(Integer::parseInt).orElseThrow())
          .isBetween(1, 60);
    }
  }

  @Test
  void revocationsThatCannotBeReadAreUnavailable() throws Exception {
    try (TestServer server =
        new TestServer(TestServer.settings(), Map.of(Revocations.class, new BrokenRevocations()))
            .start()) {
      refused(
          server,
          RefusalCase.bearer(
              "no revocations", RefusalCode.AUTH_UNAVAILABLE, () -> TestTokens.good("alice")));
    }
  }

  @Test
  void keySetThatNeverCameIsUnavailable() throws Exception {
    Map<String, String> settings = TestServer.settings();
    settings.remove("drawbridge.jwt.secret");
    settings.put("drawbridge.jwt.jwks.url", "http://localhost:" + Ports.free() + "/keys");
    try (TestServer server = new TestServer(settings).start()) {
      TestServer.Answer answer =
          refused(
              server,
              RefusalCase.bearer(
                  "no keys", RefusalCode.KEYS_UNAVAILABLE, () -> TestTokens.good("alice")));

      assertThat(answer.header("Retry-After").map(Integer::parseInt).orElseThrow())
          .isBetween(1, 60);
      assertThat(server.runtime().authenticator().isReady()).isFalse();
    }
  }

  @Test
  void unforeseenFailureSaysNothingButItsId() throws Exception {
    TestClock broken = TestClock.running();
    broken.fail(new IllegalStateException("canary of the clock"));
    try (TestServer server =
            new TestServer(TestServer.settings(), Map.of(Clock.class, broken)).start();
        CapturedLog log = CapturedLog.of(JwtHandshakeFilter.class)) {
      TestServer.Answer answer = server.bearer(TestTokens.good("alice"));

      assertThat(answer.status()).isEqualTo(500);
      assertThat(answer.code()).isEqualTo("internal");
      assertThat(answer.body()).doesNotContain("canary").doesNotContain("IllegalState");
      assertThat(log.containing("canary")).isEmpty();
      assertThat(log.containing(requestId(answer)))
          .anySatisfy(line -> assertThat(line.level()).isEqualTo(Level.ERROR))
          .anySatisfy(line -> assertThat(line.text()).contains("internal"));
    }
  }

  /** Sends the case and checks all that every refusal must have. */
  private static TestServer.Answer refused(TestServer server, RefusalCase refusal)
      throws Exception {
    List<String> lines = refusal.lines().get();
    RefusalCode code = refusal.code();
    int upgradesBefore = server.upgrades.size();
    try (CapturedLog log = CapturedLog.of(JwtHandshakeFilter.class)) {
      TestServer.Answer answer = server.raw("/ws" + refusal.query(), lines.toArray(String[]::new));

      JsonNode body = JSON.readTree(answer.body());
      assertThat(body.path("code").asText()).isEqualTo(code.word());
      assertThat(answer.status()).isEqualTo(code.status());
      assertThat(body.path("type").asText()).isEqualTo("urn:drawbridge:problem:" + code.word());
      assertThat(body.path("title").asText()).isEqualTo(code.title());
      assertThat(body.path("status").asInt()).isEqualTo(code.status());
      assertThat(body.path("action").asText()).isEqualTo(code.action().word());
      assertThat(body.path("retryable").asBoolean()).isEqualTo(code.isRetryable());
      assertThat(answer.header("Content-Type").orElseThrow())
          .startsWith("application/problem+json");
      assertThat(answer.header("Cache-Control")).contains("no-store");
      assertThat(answer.header("X-Request-Id")).contains(requestId(answer));
      assertThat(answer.header("Retry-After").isPresent())
          .isEqualTo(code.status() == 503 || code.status() == 429);
      assertThat(answer.header("WWW-Authenticate").orElse("none")).isEqualTo(challenge(code));
      assertThat(server.upgrades).hasSize(upgradesBefore);
      List<CapturedLog.Line> written = log.containing("requestId=" + requestId(answer));
      assertThat(written).hasSize(1);
      assertThat(written.get(0).text()).contains("handshake refused: " + code.word() + " ");
      secretsOf(lines)
          .forEach(
              secret -> {
                assertThat(written.get(0).text()).doesNotContain(secret);
                assertThat(answer.body()).doesNotContain(secret);
              });
      return answer;
    }
  }

  private static String challenge(RefusalCode code) {
    if (code.status() != 401) {
      return "none";
    }
    return code == RefusalCode.TOKEN_MISSING
        ? "Bearer realm=\"drawbridge\""
        : "Bearer realm=\"drawbridge\", error=\"invalid_token\", error_description=\""
            + code.word()
            + "\"";
  }

  private static String requestId(TestServer.Answer answer) throws Exception {
    return JSON.readTree(answer.body()).path("requestId").asText();
  }

  /** Every piece of a header value that is long enough to be a part of a token. */
  private static List<String> secretsOf(List<String> lines) {
    return lines.stream()
        .flatMap(line -> Stream.of(line.split("[ ,.:=]", -1)))
        .filter(piece -> piece.length() >= 16)
        .toList();
  }

  /** An application's own that has lost its store. */
  private static final class BrokenRevocations implements Revocations {
    @Override
    public boolean isRevoked(String subject, String tokenId, Instant issuedAt) {
      throw new IllegalStateException("canary of the store");
    }

    @Override
    public void revoke(String tokenId, Instant expiresAt) {}

    @Override
    public void revokeBefore(String subject, Instant moment) {}
  }
}
