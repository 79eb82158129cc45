package dev.drawbridge.filters.jwt.keys;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ch.qos.logback.classic.Level;
import dev.drawbridge.filters.jwt.token.ClaimRules;
import dev.drawbridge.filters.jwt.token.TokenVerifier;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.testing.JwksServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.LocalHttp;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwksUrlKeysTest {

  private static final String FIRST = TestKeys.jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one"));
  private static final String SECOND =
      TestKeys.jwks(TestKeys.jwk(TestKeys.RSA_2.getPublic(), "two"));
  private static final JwksUrlKeys.Times TIMES =
      new JwksUrlKeys.Times(
          Duration.ofMillis(400),
          Duration.ofSeconds(2),
          Duration.ofHours(1),
          Duration.ofMillis(50),
          Duration.ofHours(1),
          Duration.ofHours(1),
          Duration.ofMillis(30),
          Duration.ofMillis(60),
          Duration.ofHours(1));

  private JwksServer server;
  private CapturedLog log;

  @BeforeEach
  void start() throws Exception {
    server = new JwksServer(FIRST);
    log = new CapturedLog(JwksUrlKeys.class.getName(), Level.DEBUG);
  }

  @AfterEach
  void stop() {
    server.close();
    log.close();
  }

  private JwksUrlKeys keys(JwksUrlKeys.Times times) {
    return new JwksUrlKeys(
        server.url(), Set.of(SignatureAlgorithm.RS256), times, Clock.systemUTC());
  }

  private static TokenVerifier verifier(SigningKeys keys) {
    return new TokenVerifier(
        AllowedAlgorithms.exactly(Set.of(SignatureAlgorithm.RS256)),
        new ClaimRules(
            TestTokens.ISSUER, TestTokens.AUDIENCE, Duration.ofSeconds(30), Duration.ofDays(1)),
        keys,
        Duration.ofMinutes(1),
        Clock.systemUTC());
  }

  private static String token(KeyPair pair, String keyId) {
    return TestTokens.token("alice").key("RS256", pair.getPrivate()).header("kid", keyId).sign();
  }

  private static String code(TokenVerifier verifier, String token) {
    try {
      verifier.verify(token);
      return "ok";
    } catch (RefusedException e) {
      return e.refusal().code().word();
    }
  }

  @Test
  void firstRequestWaitsForTheFirstFetch() {
    try (JwksUrlKeys keys = keys(TIMES)) {
      assertThat(code(verifier(keys), token(TestKeys.RSA, "one"))).isEqualTo("ok");
      assertThat(keys.isReady()).isTrue();
      assertThat(server.requests()).isEqualTo(1);
    }
  }

  @Test
  void setThatFitsNoAllowedAlgorithmIsNamedAndNotTheServer() {
    try (JwksUrlKeys keys =
        new JwksUrlKeys(server.url(), Set.of(SignatureAlgorithm.ES256), TIMES, Clock.systemUTC())) {
      RefusedException refused =
          assertThrows(
              RefusedException.class, () -> verifier(keys).verify(token(TestKeys.RSA, "one")));

      assertThat(refused.refusal().code().word()).isEqualTo("keys_unavailable");
      assertThat(refused.refusal().hint())
          .contains("none of its keys serves [ES256]", "DRAWBRIDGE_JWT_ALGORITHMS");
      assertThat(refused.refusal().code().fix()).contains("DRAWBRIDGE_JWT_ALGORITHMS");
    }
  }

  @Test
  void tokenOfARotatedKeyIsAcceptedAfterOneFetchAndTheOldKeyIsGone() {
    try (JwksUrlKeys keys = keys(TIMES)) {
      TokenVerifier verifier = verifier(keys);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");

      server.behave(LocalHttp.serving(SECOND));

      assertThat(code(verifier, token(TestKeys.RSA_2, "two"))).isEqualTo("ok");
      assertThat(server.requests()).isEqualTo(2);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("token_key_unknown");
    }
  }

  @Test
  void rememberedTokenOfARemovedKeyIsNotAcceptedAnyMore() {
    try (JwksUrlKeys keys = keys(TIMES)) {
      TokenVerifier verifier = verifier(keys);
      String old = token(TestKeys.RSA, "one");
      assertThat(code(verifier, old)).isEqualTo("ok");
      assertThat(code(verifier, old)).isEqualTo("ok");

      server.behave(LocalHttp.serving(SECOND));
      assertThat(code(verifier, token(TestKeys.RSA_2, "two"))).isEqualTo("ok");

      assertThat(code(verifier, old)).isEqualTo("token_key_unknown");
    }
  }

  @Test
  void tenThousandUnknownKeysCauseOneFetch() {
    try (JwksUrlKeys keys = keys(TIMES)) {
      TokenVerifier verifier = verifier(keys);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
      String claims = TestTokens.base64(TestTokens.bytes(TestTokens.token("x").claimsJson()));

      for (int i = 0; i < 10_000; i++) {
        String header = "{\"alg\":\"RS256\",\"kid\":\"unknown-" + i + "\"}";
        String token = TestTokens.base64(TestTokens.bytes(header)) + "." + claims + ".AAAA";
        assertThat(code(verifier, token)).isEqualTo("token_key_unknown");
      }

      assertThat(server.requests()).isEqualTo(2);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
    }
  }

  @Test
  void unknownKeyAsksAFailingServerOnceToo() throws Exception {
    try (JwksUrlKeys keys = keys(JwksUrlKeys.Times.DEFAULT)) {
      TokenVerifier verifier = verifier(keys);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
      CountDownLatch second = new CountDownLatch(2);
      LocalHttp.Behaviour failing = LocalHttp.answering(500, "");
      server.behave(
          exchange -> {
            second.countDown();
            failing.answer(exchange);
          });

      for (int i = 0; i < 50; i++) {
        assertThat(code(verifier, token(TestKeys.RSA_2, "unknown-" + i)))
            .isEqualTo("token_key_unknown");
      }

      // A planned retry would come at once, and again after a second.
      assertThat(second.await(2500, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(second.getCount()).isEqualTo(1);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
    }
  }

  @Test
  void manyThreadsShareOneFetch() throws Exception {
    try (JwksUrlKeys keys = keys(TIMES)) {
      TokenVerifier verifier = verifier(keys);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
      server.behave(LocalHttp.serving(SECOND));
      int threads = 12;
      CountDownLatch ready = new CountDownLatch(threads);
      CountDownLatch go = new CountDownLatch(1);
      ExecutorService executor = Executors.newFixedThreadPool(threads);
      List<String> codes = Collections.synchronizedList(new ArrayList<>());
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        String token = token(TestKeys.RSA_2, "two");
        all.add(
            executor.submit(
                () -> {
                  ready.countDown();
                  go.await();
                  return codes.add(code(verifier, token));
                }));
      }
      ready.await();
      go.countDown();
      for (Future<?> one : all) {
        one.get(20, TimeUnit.SECONDS);
      }
      executor.shutdown();

      assertThat(codes).hasSize(threads).containsOnly("ok");
      assertThat(server.requests()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "[]",
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":[]}",
        "{\"keys\":[1]}",
        "{\"keys\":[],\"keys\":[]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\",\"kid\":\"one\"}]}",
        "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"kid\":\"one\"}]}"
      })
  void badKeySetLeavesTheOldKeysInForce(String body) {
    assertOldKeysStay(LocalHttp.serving(body), "token_key_unknown");
  }

  @Test
  void errorAnswerLeavesTheOldKeysInForce() {
    assertOldKeysStay(LocalHttp.answering(500, SECOND), "token_key_unknown");
  }

  @Test
  void redirectIsNotFollowed() throws Exception {
    try (JwksServer elsewhere = new JwksServer(SECOND)) {
      assertOldKeysStay(
          LocalHttp.answering(302, "", "Location", elsewhere.url().toString()),
          "token_key_unknown");
      assertThat(elsewhere.requests()).isZero();
    }
  }

  @Test
  void hugeAnswerIsCutOff() {
    String huge =
        SECOND.substring(0, SECOND.length() - 1) + ",\"pad\":\"" + "x".repeat(70_000) + "\"}";

    assertOldKeysStay(LocalHttp.serving(huge), "token_key_unknown");
    assertThat(log.containing("at most 65536 bytes")).isNotEmpty();
  }

  @Test
  void tooManyKeysAreRefused() {
    List<java.util.Map<String, Object>> many = new ArrayList<>();
    for (int i = 0; i < 51; i++) {
      many.add(TestKeys.jwk(TestKeys.RSA_2.getPublic(), "two" + (i == 0 ? "" : i)));
    }

    assertOldKeysStay(LocalHttp.serving(TestKeys.jwks(many)), "token_key_unknown");
  }

  @Test
  void stalledBodyDoesNotHoldTheHandshakeAndIsGivenUp() {
    assertOldKeysStay(server.stalling(), "token_key_unknown");
    assertThat(log.containing("did not answer within 400 ms")).isNotEmpty();
  }

  @Test
  void silentServerDoesNotHoldTheHandshake() {
    assertOldKeysStay(server.silent(), "token_key_unknown");
  }

  @Test
  void deadServerLeavesTheOldKeysInForceAndIsFoundAgain() throws Exception {
    JwksUrlKeys.Times impatient =
        new JwksUrlKeys.Times(
            TIMES.fetchTimeout(),
            TIMES.waitTimeout(),
            TIMES.cacheTime(),
            TIMES.minCacheTime(),
            TIMES.maxCacheTime(),
            Duration.ofMillis(50),
            TIMES.firstRetry(),
            TIMES.maxRetry(),
            TIMES.maxStale());
    try (JwksUrlKeys keys = keys(impatient)) {
      TokenVerifier verifier = verifier(keys);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
      server.die();
      assertThat(code(verifier, token(TestKeys.RSA_2, "two"))).isEqualTo("token_key_unknown");
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");

      server.behave(LocalHttp.serving(SECOND));
      server.revive();

      eventually(
          "the new key is accepted",
          () -> code(verifier, token(TestKeys.RSA_2, "two")).equals("ok"));
      assertThat(log.containing("no keys from").stream().filter(l -> l.level() == Level.WARN))
          .as("warnings of one outage")
          .hasSize(1);
    }
  }

  @Test
  void startsWithoutTheServerAndRecoversByItself() throws Exception {
    server.die();
    try (JwksUrlKeys keys = keys(TIMES)) {
      TokenVerifier verifier = verifier(keys);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("keys_unavailable");
      assertThat(keys.isReady()).isFalse();

      server.revive();

      eventually("keys are there", keys::isReady);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
    }
  }

  @Test
  void keysAreRefreshedBeforeTheyExpire() {
    server.behave(LocalHttp.serving(FIRST, "Cache-Control", "public, max-age=0"));
    try (JwksUrlKeys keys = keys(TIMES)) {
      KeySet before = keys.current();

      eventually("three fetches", () -> server.requests() >= 3);

      assertThat(keys.current()).as("the same keys are the same set").isSameAs(before);
    }
  }

  @Test
  void keysThatAreTooOldAreNotUsed() {
    JwksUrlKeys.Times impatient =
        new JwksUrlKeys.Times(
            TIMES.fetchTimeout(),
            TIMES.waitTimeout(),
            TIMES.minCacheTime(),
            TIMES.minCacheTime(),
            TIMES.maxCacheTime(),
            TIMES.unknownKeyPause(),
            TIMES.firstRetry(),
            TIMES.maxRetry(),
            Duration.ofMillis(200));
    try (JwksUrlKeys keys = keys(impatient)) {
      assertThat(keys.current().entries()).hasSize(1);
      server.behave(LocalHttp.answering(503, ""));

      eventually("keys are too old", () -> !keys.isReady());

      assertThatThrownBy(keys::current).hasMessage("keys_unavailable");
      server.behave(LocalHttp.serving(FIRST));
      eventually("keys are there again", keys::isReady);
    }
  }

  @Test
  void clockThatDiffersIsWarnedOf() {
    server.behave(LocalHttp.serving(FIRST));
    Clock wrong = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-5));
    try (JwksUrlKeys keys =
        new JwksUrlKeys(server.url(), Set.of(SignatureAlgorithm.RS256), TIMES, wrong)) {
      assertThat(keys.current().entries()).hasSize(1);

      eventually("a warning", () -> !log.containing("differ by").isEmpty());
    }
  }

  @Test
  void closedKeysFetchNoMore() {
    server.behave(LocalHttp.serving(FIRST, "Cache-Control", "max-age=0"));
    JwksUrlKeys keys = keys(TIMES);
    assertThat(keys.current().entries()).hasSize(1);

    keys.close();
    eventually(
        "the thread is gone",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(t -> t.getName().equals("drawbridge-jwks")));
    int requests = server.requests();

    assertThat(keys.newerThan(keys.current()).entries()).hasSize(1);
    assertThat(server.requests()).isEqualTo(requests);
  }

  /** The server turns bad: a token of an unknown key is refused, one of the old key passes. */
  private void assertOldKeysStay(LocalHttp.Behaviour bad, String expected) {
    try (JwksUrlKeys keys = keys(TIMES)) {
      TokenVerifier verifier = verifier(keys);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
      server.behave(bad);
      long start = System.nanoTime();

      assertThat(code(verifier, token(TestKeys.RSA_2, "two"))).isEqualTo(expected);

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
      assertThat(server.requests()).isGreaterThan(1);
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
      assertThat(code(verifier, token(TestKeys.RSA, "one"))).isEqualTo("ok");
    }
  }
}
