package dev.drawbridge.filters.jwt.token;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.jwt.authentication.Credentials;
import dev.drawbridge.filters.jwt.authentication.Transport;
import dev.drawbridge.filters.jwt.keys.AllowedAlgorithms;
import dev.drawbridge.filters.jwt.keys.FakeRsa;
import dev.drawbridge.filters.jwt.keys.KeyReader;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.testing.SetClock;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestTokens;
import java.math.BigInteger;
import java.security.Key;
import java.security.KeyPair;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TokenVerifierTest {

  private static final Duration LEEWAY = Duration.ofSeconds(30);
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final byte[] LONG_SECRET = new byte[64];

  static {
    for (int i = 0; i < LONG_SECRET.length; i++) {
      LONG_SECRET[i] = (byte) (i * 37 + 11);
    }
  }

  private final SetClock clock = new SetClock(NOW);

  private TokenVerifier verifier(SigningKeys keys, SignatureAlgorithm... algorithms) {
    return new TokenVerifier(
        AllowedAlgorithms.exactly(Set.of(algorithms)),
        new ClaimRules(TestTokens.ISSUER, TestTokens.AUDIENCE, LEEWAY, Duration.ofHours(24)),
        keys,
        Duration.ofMinutes(1),
        clock);
  }

  private TokenVerifier hmac() {
    return verifier(
        SigningKeys.fixed(KeySet.unnamed(List.of(TestTokens.SECRET_KEY))),
        SignatureAlgorithm.HS256);
  }

  private static TestTokens token() {
    return TestTokens.token("alice")
        .claim("iat", NOW.getEpochSecond())
        .claim("exp", NOW.getEpochSecond() + 600);
  }

  private static TestTokens times(String name, long offset) {
    return token().claim(name, NOW.getEpochSecond() + offset);
  }

  @ParameterizedTest
  @EnumSource(SignatureAlgorithm.class)
  void everyAlgorithmVerifiesWithItsKey(SignatureAlgorithm algorithm) {
    KeyPair pair =
        switch (algorithm.family()) {
          case RSA -> TestKeys.RSA;
          case EC -> algorithm == SignatureAlgorithm.ES256 ? TestKeys.P256 : TestKeys.P384;
          default -> TestKeys.ED25519;
        };
    boolean hmac = algorithm.family() == SignatureAlgorithm.Family.HMAC;
    Key secret = new SecretKeySpec(LONG_SECRET, "HMAC");
    TokenVerifier verifier =
        verifier(
            SigningKeys.fixed(KeySet.unnamed(List.of(hmac ? secret : pair.getPublic()))),
            algorithm);

    VerifiedToken verified =
        verifier.verify(token().key(algorithm.name(), hmac ? secret : pair.getPrivate()).sign());

    assertThat(verified.subject()).isEqualTo("alice");
    assertThat(verified.algorithm()).isEqualTo(algorithm.name());
    assertThat(verified.expiresAt()).isEqualTo(NOW.plusSeconds(600));
    assertThat(verified.issuedAt()).isEqualTo(NOW);
    assertThat(verified.fingerprint()).matches("[0-9a-f]{8}");
  }

  @ParameterizedTest
  @CsvSource({
    "exp, -29, ok",
    "exp, -30, token_expired",
    "exp, 86430, ok",
    "exp, 86431, token_lifetime_too_long",
    "nbf, 30, ok",
    "nbf, 31, token_not_yet_valid",
    "iat, 30, ok",
    "iat, 31, token_not_yet_valid"
  })
  void timesAreComparedWithTheLeewayToTheSecond(String claim, long offset, String code) {
    String token =
        claim.equals("exp")
            ? times("exp", offset).claim("iat", null).sign()
            : times(claim, offset).sign();

    if (code.equals("ok")) {
      assertThat(hmac().verify(token).subject()).isEqualTo("alice");
    } else {
      assertThatThrownBy(() -> hmac().verify(token)).hasMessage(code);
    }
  }

  @Test
  void fractionsOfSecondsAreTimesToo() {
    VerifiedToken verified = hmac().verify(token().claim("exp", NOW.getEpochSecond() + 1.5).sign());

    assertThat(verified.expiresAt()).isEqualTo(NOW.plusMillis(1500));
  }

  static List<HostileTokens.Attack> attacks() {
    return HostileTokens.onSecret("http://localhost:1");
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void attackIsRefusedWithItsCode(HostileTokens.Attack attack) {
    clock.now = Instant.now();

    assertThatThrownBy(() -> hmac().verify(attack.token())).hasMessage(attack.code().word());
  }

  static List<HostileTokens.Attack> curveAttacks() {
    return HostileTokens.onCurve(SignatureAlgorithm.ES256, TestKeys.P256.getPrivate());
  }

  @ParameterizedTest
  @MethodSource("curveAttacks")
  void attackOnACurveIsRefusedWithItsCode(HostileTokens.Attack attack) {
    clock.now = Instant.now();
    TokenVerifier verifier =
        verifier(
            SigningKeys.fixed(KeySet.unnamed(List.of(TestKeys.P256.getPublic()))),
            SignatureAlgorithm.ES256);

    assertThatThrownBy(() -> verifier.verify(attack.token())).hasMessage(attack.code().word());
  }

  static List<HostileTokens.Attack> rsaAttacks() {
    return HostileTokens.onRsa(TestKeys.pem(TestKeys.RSA.getPublic()));
  }

  @ParameterizedTest
  @MethodSource("rsaAttacks")
  void attackOnAnRsaKeyIsRefusedWithItsCode(HostileTokens.Attack attack) {
    clock.now = Instant.now();
    TokenVerifier verifier =
        verifier(
            SigningKeys.fixed(KeySet.unnamed(List.of(TestKeys.RSA.getPublic()))),
            SignatureAlgorithm.RS256);

    assertThatThrownBy(() -> verifier.verify(attack.token())).hasMessage(attack.code().word());
  }

  @Test
  void signatureThatCannotBeCheckedIsNotGood() {
    // Fits by its size, but no provider takes an exponent beyond the modulus.
    BigInteger modulus = ((RSAPublicKey) TestKeys.RSA.getPublic()).getModulus();
    Key unusable = new FakeRsa(modulus, modulus.add(BigInteger.TWO));
    TokenVerifier verifier =
        verifier(SigningKeys.fixed(KeySet.unnamed(List.of(unusable))), SignatureAlgorithm.RS256);

    assertThatThrownBy(
            () -> verifier.verify(token().key("RS256", TestKeys.RSA.getPrivate()).sign()))
        .hasMessage("token_signature_invalid");
  }

  @Test
  void tokenIdAndKeyIdAreTakenOver() {
    String longest = "k".repeat(TokenScreen.MAX_KEY_ID_CHARS);
    VerifiedToken with = hmac().verify(token().claim("jti", "j-1").header("kid", longest).sign());
    VerifiedToken without = hmac().verify(token().sign());

    assertThat(with.tokenId()).isEqualTo("j-1");
    assertThat(with.keyId()).isEqualTo(longest);
    assertThat(without.tokenId()).isNull();
    assertThat(without.keyId()).isNull();
  }

  @Test
  void rememberedTokenExpiresAllTheSame() {
    TokenVerifier verifier = hmac();
    String token = times("exp", 10).sign();
    VerifiedToken first = verifier.verify(token);
    assertThat(verifier.verify(token)).isSameAs(first);

    clock.now = NOW.plusSeconds(40);

    assertThatThrownBy(() -> verifier.verify(token)).hasMessage("token_expired");
  }

  @Test
  void rememberedTokenIsForgottenWithItsKey() {
    AtomicReference<KeySet> keys =
        new AtomicReference<>(KeySet.unnamed(List.of(TestTokens.SECRET_KEY)));
    TokenVerifier verifier = verifier(keys::get, SignatureAlgorithm.HS256);
    String token = token().sign();
    assertThat(verifier.verify(token)).isSameAs(verifier.verify(token));

    keys.set(KeySet.unnamed(List.of(TestKeys.NEXT_SECRET)));

    assertThatThrownBy(() -> verifier.verify(token)).hasMessage("token_signature_invalid");
  }

  @Test
  void clockThatJumpsIsFollowed() {
    TokenVerifier verifier = hmac();
    String token = token().sign();
    verifier.verify(token);

    clock.now = NOW.plusSeconds(86_400);
    assertThatThrownBy(() -> verifier.verify(token)).hasMessage("token_expired");
    assertThatThrownBy(() -> hmac().verify(token)).hasMessage("token_expired");

    clock.now = NOW.minusSeconds(86_400);
    assertThatThrownBy(() -> hmac().verify(token)).hasMessage("token_lifetime_too_long");
    clock.now = NOW.minusSeconds(60);
    assertThatThrownBy(() -> hmac().verify(token)).hasMessage("token_not_yet_valid");

    clock.now = NOW;
    assertThat(verifier.verify(token).subject()).isEqualTo("alice");
  }

  @Test
  void hintsOfTimesShowWholeSeconds() {
    clock.now = NOW.plusNanos(123_456_789);

    assertThatThrownBy(() -> hmac().verify(times("exp", -40).claim("iat", null).sign()))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e ->
                assertThat(e.refusal().hint())
                    .isEqualTo("expired 40 s ago; the server's clock says 2026-11-23T12:00:00Z"));
    assertThatThrownBy(() -> hmac().verify(times("nbf", 60).sign()))
        .isInstanceOfSatisfying(
            RefusedException.class,
            e ->
                assertThat(e.refusal().hint())
                    .isEqualTo("nbf is 59 s ahead; the server's clock says 2026-11-23T12:00:00Z"));
  }

  @Test
  void rememberedTokenIsKnownByAllOfItsCharacters() {
    TokenVerifier verifier = hmac();
    String token = token().sign();
    verifier.verify(token);

    assertThatThrownBy(() -> verifier.verify(token + "=")).hasMessage("token_malformed");
    assertThatThrownBy(() -> verifier.verify(token.substring(0, token.length() - 1) + "\u0141"))
        .hasMessage("token_malformed");
  }

  @Test
  void withoutACacheEachTokenIsVerifiedAgain() {
    TokenVerifier verifier =
        new TokenVerifier(
            AllowedAlgorithms.exactly(Set.of(SignatureAlgorithm.HS256)),
            new ClaimRules(TestTokens.ISSUER, TestTokens.AUDIENCE, LEEWAY, Duration.ofHours(24)),
            SigningKeys.fixed(KeySet.unnamed(List.of(TestTokens.SECRET_KEY))),
            Duration.ZERO,
            clock);
    String token = token().sign();

    assertThat(verifier.verify(token)).isNotSameAs(verifier.verify(token));
  }

  @Test
  void previousSecretIsStillAccepted() {
    TokenVerifier verifier =
        verifier(
            SigningKeys.fixed(KeySet.unnamed(List.of(TestKeys.NEXT_SECRET, TestTokens.SECRET_KEY))),
            SignatureAlgorithm.HS256);

    assertThat(verifier.verify(token().sign()).subject()).isEqualTo("alice");
    assertThatThrownBy(() -> verifier.verify(token().key("HS256", TestKeys.OTHER_SECRET).sign()))
        .hasMessage("token_signature_invalid");
  }

  @Test
  void tokenWithoutKeyIdIsForAnUnambiguousSetOnly() throws Exception {
    String both =
        TestKeys.jwks(
            List.of(
                TestKeys.jwk(TestKeys.RSA.getPublic(), "one"),
                TestKeys.jwk(TestKeys.RSA_2.getPublic(), "two")));
    String single = TestKeys.jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one"));
    String token = token().key("RS256", TestKeys.RSA.getPrivate()).sign();

    assertThatThrownBy(
            () ->
                verifier(
                        SigningKeys.fixed(KeyReader.jwks(TestTokens.bytes(both))),
                        SignatureAlgorithm.RS256)
                    .verify(token))
        .hasMessage("token_key_unknown");
    assertThat(
            verifier(
                    SigningKeys.fixed(KeyReader.jwks(TestTokens.bytes(single))),
                    SignatureAlgorithm.RS256)
                .verify(token)
                .subject())
        .isEqualTo("alice");
  }

  @Test
  void audienceMayBeOneOfSeveralAndTypesAreReadLoosely() {
    for (String type :
        List.of("JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/JWT")) {
      TestTokens token =
          token().header("typ", type).claim("aud", List.of("x", TestTokens.AUDIENCE));
      assertThat(hmac().verify(token.sign()).subject()).isEqualTo("alice");
    }
    assertThat(hmac().verify(token().header("typ", null).header("x5t", "AAAA").sign()).subject())
        .isEqualTo("alice");
  }

  @Test
  void subjectMayHave255CodePointsOfAnyScript() {
    String longest = "\uD83D\uDE00".repeat(255);

    assertThat(
            hmac()
                .verify(
                    TestTokens.signRaw(
                        "{\"alg\":\"HS256\"}",
                        TestTokens.bytes(token().claim("sub", longest).claimsJson()),
                        TestTokens.SECRET_KEY))
                .subject())
        .isEqualTo(longest);
    assertThatThrownBy(() -> hmac().verify(token().claim("sub", longest + "x").sign()))
        .hasMessage("token_subject_invalid");
  }

  @Test
  void longestTokenIsStillRead() {
    int length = token().claim("pad", "").sign().length();
    int room = (TokenScreen.MAX_TOKEN_CHARS - length) / 4 * 3;
    String longest = token().claim("pad", "x".repeat(room)).sign();

    assertThat(longest.length())
        .isBetween(TokenScreen.MAX_TOKEN_CHARS - 4, TokenScreen.MAX_TOKEN_CHARS);
    assertThat(hmac().verify(longest).subject()).isEqualTo("alice");
    assertThatThrownBy(() -> hmac().verify(longest + "aaaaa")).hasMessage("token_too_large");
  }

  @Test
  void nothingPrintsTheToken() {
    String token = token().claim("jti", "canary-jti").sign();
    VerifiedToken verified = hmac().verify(token);
    ScreenedToken screened =
        new TokenScreen(AllowedAlgorithms.exactly(Set.of(SignatureAlgorithm.HS256)))
            .screen(token, KeySet.unnamed(List.of(TestTokens.SECRET_KEY)));
    Credentials.Credential credential = new Credentials.Credential(token, Transport.AUTHORIZATION);

    assertThat(verified.toString() + screened + credential)
        .doesNotContain("canary")
        .doesNotContain(token.substring(0, 20))
        .doesNotContain("alice");
  }

  @Test
  void jose4jIsNewEnoughForTheKnownHoles() throws Exception {
    // CVE-2023-31582, CVE-2023-51775 and CVE-2024-29371 are fixed in 0.9.6.
    String pom = "META-INF/maven/org.bitbucket.b_c/jose4j/pom.properties";
    java.util.Properties properties = new java.util.Properties();
    try (java.io.InputStream in =
        org.jose4j.jws.JsonWebSignature.class.getClassLoader().getResourceAsStream(pom)) {
      properties.load(in);
    }
    String[] version = properties.getProperty("version").split("\\.", -1);

    assertThat(
            Integer.parseInt(version[0]) * 10_000
                + Integer.parseInt(version[1]) * 100
                + Integer.parseInt(version[2]))
        .isGreaterThanOrEqualTo(906);
  }
}
