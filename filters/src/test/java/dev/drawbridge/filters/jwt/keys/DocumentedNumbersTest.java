package dev.drawbridge.filters.jwt.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.filters.attempt.Attempts;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.jwt.authentication.JwtConfig;
import dev.drawbridge.filters.jwt.authentication.TrustedIssuer;
import dev.drawbridge.filters.jwt.jose.StrictJson;
import dev.drawbridge.filters.jwt.token.ClaimRules;
import dev.drawbridge.filters.jwt.token.IssuerRule;
import dev.drawbridge.filters.jwt.token.RolesRule;
import dev.drawbridge.filters.jwt.token.TokenVerifier;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.session.SessionTokenServlet;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.DocumentedNumbers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.jetty.server.HttpConfiguration;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Each number that the papers promise for the filters, against what the filters do. */
class DocumentedNumbersTest {
  private static final DocumentedNumbers TOLD = DocumentedNumbers.everywhere();

  private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

  @TempDir Path folder;

  private Map<String, Executable> checks() {
    Map<String, Executable> checks = new TreeMap<>();
    checks.put("ways", DocumentedNumbersTest::waysOfTheFailureMatrix);
    checks.put("origin.lines", DocumentedNumbersTest::originLines);
    checks.put("hs384", () -> secretServes(SignatureAlgorithm.HS384, told("hs384")));
    checks.put("hs512", () -> secretServes(SignatureAlgorithm.HS512, told("hs512")));
    checks.put("secret.bytes", DocumentedNumbersTest::secretBytes);
    checks.put("key.file", this::keyFile);
    checks.put("jwks.share", DocumentedNumbersTest::keySetIsRefreshed);
    checks.put("jwks.default", DocumentedNumbersTest::keySetIsRefreshed);
    checks.put("jwks.least", DocumentedNumbersTest::keySetIsRefreshed);
    checks.put("jwks.most", DocumentedNumbersTest::keySetIsRefreshed);
    checks.put(
        "jwks.stale",
        () -> assertThat(JwksUrlKeys.Times.DEFAULT.maxStale()).isEqualTo(time("jwks.stale")));
    checks.put(
        "jwks.pause",
        () ->
            assertThat(JwksUrlKeys.Times.DEFAULT.unknownKeyPause()).isEqualTo(time("jwks.pause")));
    checks.put(
        "revocations.elsewhere",
        () ->
            assertThat(Duration.ofSeconds(Revocations.FRESH_SECONDS))
                .isEqualTo(time("revocations.elsewhere")));
    checks.put("jetty.head", DocumentedNumbersTest::headsThatJettyRefuses);
    checks.put("log.lines", DocumentedNumbersTest::logLines);
    checks.put("shown", () -> assertThat(Refusals.shown("x".repeat(1000))).hasSize(told("shown")));
    checks.put("fingerprint", DocumentedNumbersTest::fingerprint);
    checks.put("token.characters", DocumentedNumbersTest::tokenCharacters);
    checks.put("roles", () -> assertThat(RolesRule.MAX_ROLES).isEqualTo(told("roles")));
    checks.put("metadata", () -> assertThat(BoundedGet.MAX_BODY_BYTES).isEqualTo(told("metadata")));
    checks.put("json.depth", DocumentedNumbersTest::jsonDepth);
    checks.put("lookup", () -> isDefault(Setting.USER_LOOKUP_TIMEOUT, time("lookup")));
    checks.put(
        "failures",
        () ->
            assertThat(Settings.of(Map.of()).integer(Setting.AUTH_FAILURES_PER_MINUTE))
                .isEqualTo(told("failures")));
    checks.put("tokens.ttl", () -> isDefault(Setting.JWT_CACHE_TTL, time("tokens.ttl")));
    checks.put("session.ttl", () -> isDefault(Setting.SESSION_TOKEN_TTL, time("session.ttl")));
    checks.put(
        "session.tokens",
        () -> assertThat(SessionTokenServlet.MAX_TOKENS).isEqualTo(told("session.tokens")));
    checks.put("tokens", DocumentedNumbersTest::rememberedTokens);
    checks.put("attempt", DocumentedNumbersTest::attempt);
    checks.put(
        "hint.characters",
        () -> assertThat(Refusals.shown("x".repeat(1000))).hasSize(told("hint.characters")));
    checks.put("leeway", DocumentedNumbersTest::leeway);
    checks.put("lifetime", DocumentedNumbersTest::lifetime);
    checks.put("subject", DocumentedNumbersTest::subject);
    return checks;
  }

  @TestFactory
  Stream<DynamicTest> eachNumberHolds() {
    return checks().entrySet().stream()
        .map(check -> DynamicTest.dynamicTest(check.getKey(), check.getValue()));
  }

  @Test
  void eachMarkOfThePapersIsChecked() {
    assertThat(checks().keySet().stream().map(name -> "filters." + name))
        .containsExactlyInAnyOrderElementsOf(TOLD.names("filters"));
  }

  private static int told(String name) {
    return Math.toIntExact(TOLD.count("filters." + name));
  }

  private static Duration time(String name) {
    return TOLD.duration("filters." + name);
  }

  private static void isDefault(Setting setting, Duration told) {
    assertThat(Settings.of(Map.of()).duration(setting)).isEqualTo(told);
    assertThat(Settings.of(TestServer.settings()).duration(setting)).isEqualTo(told);
  }

  private static void waysOfTheFailureMatrix() throws Exception {
    List<String> rows =
        Files.readAllLines(Path.of("..", "docs", "failure-matrix.md")).stream()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| way "))
            .toList();

    assertThat(rows).hasSize(told("ways"));
  }

  private static void originLines() throws Exception {
    try (TestServer server = new TestServer(TestServer.production()).behindDevCorsFilter().start();
        CapturedLog log = new CapturedLog(DevCorsFilter.class.getName(), Level.WARN)) {
      int before = log.containing("Refused: origin_denied").size();
      for (int i = 0; i < told("origin.lines") + 5; i++) {
        String origin = "Origin: https://n" + i + ".example.com";
        assertThat(server.plain("/api", "Host: localhost", origin).code())
            .isEqualTo("origin_denied");
      }

      assertThat(log.containing("Refused: origin_denied").size() - before)
          .isEqualTo(told("origin.lines"));
    }
  }

  private static void secretServes(SignatureAlgorithm algorithm, int bytes) {
    assertThat(KeySet.unnamed(List.of(secret(bytes))).serves(algorithm)).isTrue();
    assertThat(KeySet.unnamed(List.of(secret(bytes - 1))).serves(algorithm)).isFalse();
  }

  private static SecretKeySpec secret(int bytes) {
    byte[] random = new byte[bytes];
    new SecureRandom().nextBytes(random);
    return new SecretKeySpec(random, "HMAC");
  }

  private static void secretBytes() {
    int bytes = told("secret.bytes");

    assertThat(SecretStrength.weakness(secret(bytes).getEncoded(), false)).isNull();
    assertThat(SecretStrength.weakness(secret(bytes - 1).getEncoded(), false)).isNotNull();
    assertThat(SecretStrength.weakness(secret(bytes - 1).getEncoded(), true)).isNotNull();
  }

  /**
   * Each of the three kinds of files, opened as the filter does, with a stopwatch of the test's.
   */
  private void keyFile() throws Exception {
    String secret = TestTokens.SECRET;
    looksAgain(Setting.JWT_SECRET_FILE, secret + "\n", new StringBuilder(secret).reverse() + "\n");
    looksAgain(
        Setting.JWT_PUBLIC_KEY,
        TestKeys.pem(TestKeys.RSA.getPublic()),
        TestKeys.pem(TestKeys.RSA_2.getPublic()));
    looksAgain(
        Setting.JWT_JWKS_FILE,
        TestKeys.jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one")),
        TestKeys.jwks(TestKeys.jwk(TestKeys.RSA_2.getPublic(), "two")));
  }

  private void looksAgain(Setting setting, String first, String second) throws Exception {
    Path file = Files.writeString(folder.resolve(setting.name()), first);
    Map<String, String> settings = TestServer.production();
    settings.remove("drawbridge.jwt.secret");
    settings.put(setting.property(), file.toString());
    List<String> problems = new ArrayList<>();
    KeySource source = KeySource.of(Settings.of(settings), problems);
    assertThat(problems).isEmpty();
    AtomicLong nanos = new AtomicLong();
    SigningKeys keys = source.opener().open(Clock.systemUTC(), nanos::get);
    KeySet before = keys.current();
    Files.writeString(file, second);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(7)));

    nanos.set(time("key.file").toNanos() - 1);
    assertThat(keys.current()).as(setting.name()).isSameAs(before);
    nanos.incrementAndGet();
    assertThat(keys.current().sameKeysAs(before)).as(setting.name()).isFalse();
  }

  private static void keySetIsRefreshed() {
    JwksUrlKeys.Times times = JwksUrlKeys.Times.DEFAULT;

    assertThat(times.refreshAfter(null)).isEqualTo(share(time("jwks.default")));
    assertThat(times.refreshAfter(Duration.ofSeconds(1))).isEqualTo(share(time("jwks.least")));
    assertThat(times.refreshAfter(Duration.ofDays(1))).isEqualTo(share(time("jwks.most")));
    assertThat(times.refreshAfter(Duration.ofSeconds(1000)))
        .isEqualTo(share(Duration.ofSeconds(1000)));
  }

  private static Duration share(Duration whole) {
    return whole.multipliedBy(told("jwks.share")).dividedBy(100);
  }

  /** To the byte: what Jetty allows includes the line of the request and all that ends lines. */
  private static void headsThatJettyRefuses() {
    assertThat(new HttpConfiguration().getRequestHeaderSize()).isEqualTo(told("jetty.head"));
  }

  private static void logLines() throws Exception {
    Map<String, String> settings = TestServer.production();
    settings.put("drawbridge.auth.failures.per.minute", "0");
    try (TestServer server = new TestServer(settings).start();
        CapturedLog log = CapturedLog.of(JwtHandshakeFilter.class)) {
      for (int i = 0; i < told("log.lines") + 3; i++) {
        assertThat(server.bearer("bad").code()).isEqualTo("token_malformed");
      }
      assertThat(server.handshake().code()).isEqualTo("token_missing");

      assertThat(log.containing("handshake refused: token_malformed"))
          .filteredOn(line -> line.level() == Level.WARN)
          .hasSize(told("log.lines"));
      assertThat(log.containing("handshake refused: token_missing"))
          .filteredOn(line -> line.level() == Level.WARN)
          .hasSize(1);
    }
  }

  private static TokenVerifier verifier() {
    return new TokenVerifier(
        AllowedAlgorithms.ofKeys(true),
        rules(),
        SigningKeys.fixed(KeySet.unnamed(List.of(TestTokens.SECRET_KEY))),
        Duration.ofMinutes(1),
        Clock.systemUTC());
  }

  /** With what the settings have when nobody sets it. */
  private static ClaimRules rules() {
    List<String> problems = new ArrayList<>();
    JwtConfig config = JwtConfig.of(Settings.of(TestServer.production()), problems);
    assertThat(problems).isEmpty();
    TrustedIssuer issuer = config.issuers().get(0);
    return new ClaimRules(
        IssuerRule.exactly(issuer.issuer()),
        issuer.use(),
        issuer.audience(),
        issuer.subject(),
        issuer.roles(),
        config.leeway(),
        config.maxLifetime());
  }

  private static void fingerprint() {
    assertThat(verifier().verify(TestTokens.good("alice")).fingerprint())
        .matches("[0-9a-f]{" + told("fingerprint") + "}");
  }

  private static void rememberedTokens() {
    TokenVerifier verifier = verifier();
    int more = told("tokens") + told("tokens") / 20;
    for (int i = 0; i < more; i++) {
      verifier.verify(TestTokens.token("alice").claim("jti", "n" + i).sign());
    }

    assertThat(verifier.cacheStats().size()).isEqualTo(told("tokens"));
  }

  private static void tokenCharacters() {
    int most = told("token.characters");

    assertThatThrownBy(() -> verifier().verify("a".repeat(most))).hasMessage("token_malformed");
    assertThatThrownBy(() -> verifier().verify("a".repeat(most + 1))).hasMessage("token_too_large");
  }

  private static void jsonDepth() {
    assertThat(StrictJson.object(nested(told("json.depth")))).isNotNull();
    assertThat(StrictJson.object(nested(told("json.depth") + 1))).isNull();
  }

  /** An object with arrays inside, so many levels in all. */
  private static byte[] nested(int levels) {
    return TestTokens.bytes("{\"a\":" + "[".repeat(levels - 1) + "]".repeat(levels - 1) + "}");
  }

  private static void attempt() {
    String longest = "a".repeat(told("attempt"));

    assertThat(Attempts.idParameter("attempt=" + longest)).isEqualTo(longest);
    assertThat(Attempts.idParameter("attempt=" + longest + "a")).isNull();
  }

  private static void leeway() {
    long leeway = time("leeway").toSeconds();

    assertThat(codeOf("exp", -leeway + 1)).isEqualTo("ok");
    assertThat(codeOf("exp", -leeway)).isEqualTo("token_expired");
    assertThat(codeOf("nbf", leeway)).isEqualTo("ok");
    assertThat(codeOf("nbf", leeway + 1)).isEqualTo("token_not_yet_valid");
  }

  private static void lifetime() {
    long most = time("lifetime").plus(time("leeway")).toSeconds();

    assertThat(codeOf("exp", most)).isEqualTo("ok");
    assertThat(codeOf("exp", most + 1)).isEqualTo("token_lifetime_too_long");
  }

  private static String codeOf(String claim, long seconds) {
    ObjectNode claims = StrictJson.object(TestTokens.bytes(TestTokens.token("a").claimsJson()));
    claims.put("iat", NOW.minusSeconds(600).getEpochSecond());
    claims.put("exp", NOW.plusSeconds(600).getEpochSecond());
    claims.put(claim, NOW.plusSeconds(seconds).getEpochSecond());
    try {
      rules().check(claims, NOW);
      return "ok";
    } catch (RefusedException e) {
      return e.refusal().code().word();
    }
  }

  private static void subject() {
    for (String character : Set.of("a", "ö", "😀")) {
      assertThat(ClaimRules.isId(character.repeat(told("subject")))).isTrue();
      assertThat(ClaimRules.isId(character.repeat(told("subject") + 1))).isFalse();
    }
  }
}
