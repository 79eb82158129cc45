package dev.drawbridge.filters.jwt.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.jwt.authentication.Credentials;
import dev.drawbridge.filters.jwt.keys.AllowedAlgorithms;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.testing.TestTokens;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;

/**
 * Random, mutated and almost-good input for the screen, the verifier and the extractor.
 *
 * <p>jqwik and not Jazzer: it runs in the normal test run in a bounded number of tries, needs no
 * agent and no native library, and its generators reach deep into the grammar that coverage
 * guidance would have to find byte by byte.
 */
class TokenFuzzTest {

  private static final String GOOD =
      TestTokens.token("alice").claim("jti", "j").header("kid", "k").sign();

  /** The only issuer, who signs with the secret. */
  static final Trusts TRUSTS =
      Trusts.only(
          TestTokens.ISSUER,
          new Trust(
              AllowedAlgorithms.exactly(Set.of(SignatureAlgorithm.HS256)),
              SigningKeys.fixed(KeySet.unnamed(List.of(TestTokens.SECRET_KEY))),
              new ClaimRules(
                  TestTokens.ISSUER,
                  TestTokens.AUDIENCE,
                  Duration.ofSeconds(30),
                  Duration.ofDays(1))));

  private static final TokenScreen SCREEN = new TokenScreen(TRUSTS, TokenScreen.MAX_TOKEN_CHARS);
  private static final TokenVerifier VERIFIER =
      new TokenVerifier(
          TRUSTS, TokenScreen.MAX_TOKEN_CHARS, Duration.ofMinutes(1), Clock.systemUTC());

  private static final JwtConsumer JWT_CONSUMER =
      new JwtConsumerBuilder()
          .setExpectedIssuer(TestTokens.ISSUER)
          .setExpectedAudience(TestTokens.AUDIENCE)
          .setRequireSubject()
          .setRequireExpirationTime()
          .setAllowedClockSkewInSeconds(30)
          .setJwsAlgorithmConstraints(AlgorithmConstraints.ConstraintType.PERMIT, "HS256")
          .setVerificationKey(TestTokens.SECRET_KEY)
          .build();

  /** True if the token is taken; anything but a refusal fails the test. */
  private static boolean isAccepted(String token) {
    try {
      VERIFIER.verify(token);
      return true;
    } catch (RefusedException e) {
      return false;
    }
  }

  @Property(tries = 3000, shrinking = ShrinkingMode.BOUNDED)
  void anyTextIsRefusedWithoutAnotherException(@ForAll("texts") String text) {
    assertThat(isAccepted(text)).isFalse();
  }

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> any = Arbitraries.strings().all().ofMaxLength(200);
    Arbitrary<String> segments =
        Arbitraries.strings()
            .withChars("ABCXYZabcxyz0189-_=+/. ")
            .ofMaxLength(60)
            .list()
            .ofMinSize(1)
            .ofMaxSize(6)
            .map(parts -> String.join(".", parts));
    return Arbitraries.oneOf(any, segments);
  }

  @Property(tries = 5000, shrinking = ShrinkingMode.BOUNDED)
  void mutatedTokenIsNeverAccepted(
      @ForAll("positions") int position,
      @ForAll("operations") int operation,
      @ForAll char replacement) {
    int at = position % GOOD.length();
    String mutated =
        switch (operation) {
          case 0 -> GOOD.substring(0, at) + replacement + GOOD.substring(at + 1);
          case 1 -> GOOD.substring(0, at) + GOOD.substring(at + 1);
          case 2 -> GOOD.substring(0, at) + replacement + GOOD.substring(at);
          case 3 -> GOOD.substring(0, at);
          case 4 -> GOOD.substring(at);
          case 5 -> GOOD.substring(0, at) + GOOD.substring(at).toUpperCase(java.util.Locale.ROOT);
          default ->
              GOOD.substring(0, at)
                  + (char) (GOOD.charAt(at) ^ (1 << (replacement % 7)))
                  + GOOD.substring(at + 1);
        };

    assertThat(isAccepted(mutated)).isEqualTo(mutated.equals(GOOD));
  }

  @Provide
  Arbitrary<Integer> positions() {
    return Arbitraries.integers().between(0, 10_000);
  }

  @Provide
  Arbitrary<Integer> operations() {
    return Arbitraries.integers().between(0, 6);
  }

  @Property(tries = 3000, shrinking = ShrinkingMode.BOUNDED)
  void signedHeaderAndPayloadOfAnyShapeAreRefusedUnlessGood(
      @ForAll("jsonTexts") String header, @ForAll("jsonTexts") String payload) {
    String token =
        TestTokens.signSegments(
            TestTokens.base64(TestTokens.bytes(header)),
            TestTokens.base64(TestTokens.bytes(payload)),
            "HS256",
            TestTokens.SECRET_KEY);

    boolean accepted = isAccepted(token);

    if (accepted) {
      assertThat(isAcceptedByJose4j(token)).as("a freshly signed token like " + payload).isTrue();
    }
  }

  /** A second opinion: the library's own reading of the same rules. */
  private static boolean isAcceptedByJose4j(String token) {
    try {
      JWT_CONSUMER.process(token);
      return true;
    } catch (InvalidJwtException e) {
      return false;
    }
  }

  @Provide
  Arbitrary<String> jsonTexts() {
    long exp = java.time.Instant.now().getEpochSecond() + 600;
    Arbitrary<String> names =
        Arbitraries.of(
            "alg", "kid", "typ", "crit", "iss", "aud", "sub", "exp", "nbf", "iat", "jti", "x", "");
    Arbitrary<String> values =
        Arbitraries.of(
            "\"HS256\"",
            "\"none\"",
            "\"JWT\"",
            "\"at+jwt\"",
            "\"" + TestTokens.ISSUER + "\"",
            "\"" + TestTokens.AUDIENCE + "\"",
            "[\"" + TestTokens.AUDIENCE + "\"]",
            "\"alice\"",
            String.valueOf(exp),
            exp + ".5",
            exp + "e0",
            "0",
            "-1",
            "1e999",
            "null",
            "true",
            "[]",
            "{}",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "[[[[",
            "\"",
            "1 2");
    Arbitrary<String> member =
        Combinators.combine(names, values).as((name, value) -> "\"" + name + "\":" + value);
    Arbitrary<String> object =
        member.list().ofMaxSize(7).map(members -> "{" + String.join(",", members) + "}");
    Arbitrary<String> good =
        Arbitraries.of(
            "{\"alg\":\"HS256\"}",
            TestTokens.token("alice").claimsJson(),
            TestTokens.token("alice").claim("nbf", 1).claimsJson());
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(4, object),
        net.jqwik.api.Tuple.of(2, good),
        net.jqwik.api.Tuple.of(1, Arbitraries.strings().all().ofMaxLength(40)));
  }

  @Property(tries = 2000, shrinking = ShrinkingMode.BOUNDED)
  void whatPassesTheScreenHasExactlyOneSpelling(@ForAll("payloads") byte[] payload) {
    String token = TestTokens.signRaw("{\"alg\":\"HS256\"}", payload, TestTokens.SECRET_KEY);
    try {
      ScreenedToken screened = SCREEN.screen(token);

      String again =
          TestTokens.base64(java.util.Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]));
      assertThat(token.split("\\.", -1)[1]).isEqualTo(again);
      assertThat(screened.claims().isObject()).isTrue();
    } catch (RefusedException e) {
      assertThat(e).hasMessage("token_malformed");
    }
  }

  @Provide
  Arbitrary<byte[]> payloads() {
    Arbitrary<byte[]> any = Arbitraries.bytes().array(byte[].class).ofMaxSize(60);
    Arbitrary<byte[]> wrapped =
        Arbitraries.strings()
            .all()
            .ofMaxLength(20)
            .map(text -> TestTokens.bytes("{\"a\":\"" + text + "\"}"));
    return Arbitraries.oneOf(any, wrapped);
  }

  @Property(tries = 3000, shrinking = ShrinkingMode.BOUNDED)
  void subprotocolHeaderOfAnyShapeIsSplitWithoutAnExceptionAndHidesEveryToken(
      @ForAll("headerLines") List<String> lines) {
    List<String> entries = Credentials.subprotocols(Collections.enumeration(lines));

    List<String> visible = new ArrayList<>(entries);
    visible.removeIf(Credentials::isTokenEntry);
    assertThat(entries).allSatisfy(entry -> assertThat(entry).isNotBlank().doesNotContain(","));
    assertThat(String.join(",", visible).toLowerCase(java.util.Locale.ROOT))
        .doesNotContain("drawbridge.bearer.");
  }

  @Provide
  Arbitrary<List<String>> headerLines() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "drawbridge.v1",
            "drawbridge.bearer.",
            "drawbridge.bearer.abc",
            "DRAWBRIDGE.BEARER.x",
            "Drawbridge.bearer.y",
            " ",
            ",",
            ",,",
            "\t",
            "chat",
            ", ",
            " ,",
            "\u00A0",
            "drawbridge.bearer");
    return pieces.list().ofMaxSize(8).map(list -> String.join("", list)).list().ofMaxSize(4);
  }
}
