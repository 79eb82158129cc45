package dev.drawbridge.filters.jwt.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestTokens;
import java.math.BigInteger;
import java.security.Key;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class KeyReaderTest {

  private static KeySet jwks(Map<String, Object> key) throws UnusableKeysException {
    return KeyReader.jwks(TestTokens.bytes(TestKeys.jwks(key)));
  }

  private static RSAPublicKey rsa(BigInteger modulus, long exponent) throws Exception {
    return (RSAPublicKey)
        KeyFactory.getInstance("RSA")
            .generatePublic(new RSAPublicKeySpec(modulus, BigInteger.valueOf(exponent)));
  }

  private static Key fake(BigInteger modulus, long exponent) {
    return new FakeRsa(modulus, BigInteger.valueOf(exponent));
  }

  @Test
  void publicSignatureKeyIsTaken() throws Exception {
    KeySet set =
        jwks(
            TestKeys.jwk(
                TestKeys.RSA.getPublic(), "one", "alg", "RS512", "key_ops", List.of("verify")));

    assertThat(set.select(SignatureAlgorithm.RS512, "one"))
        .containsExactly(TestKeys.RSA.getPublic());
    assertThat(set.select(SignatureAlgorithm.RS256, "one")).isEmpty();
    assertThat(set.select(SignatureAlgorithm.RS512, "two")).isEmpty();
    assertThat(AllowedAlgorithms.ofKeys(false).with(set)).containsExactly(SignatureAlgorithm.RS512);
  }

  @Test
  void keysForSomethingElseAreLeftOut() {
    List<Map<String, Object>> others = new ArrayList<>();
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "use", "enc"));
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "key_ops", List.of("encrypt")));
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "alg", "RSA-OAEP"));
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "alg", "ES256"));
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "kid", 1));
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "d", "AQAB"));
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "n", "!"));
    others.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "kty", "oct"));
    others.add(TestKeys.jwk(TestKeys.RSA_WEAK.getPublic(), "one"));
    others.add(new TreeMap<>(Map.of("kty", "oct", "k", "AAAA", "kid", "one")));

    assertThat(others)
        .allSatisfy(
            key ->
                assertThatThrownBy(() -> jwks(key))
                    .isInstanceOf(UnusableKeysException.class)
                    .hasMessage("none of its 1 keys is a public signature key that we know"));
  }

  @Test
  void oneBrokenKeyDoesNotSpoilTheOthers() throws Exception {
    KeySet set =
        KeyReader.jwks(
            TestTokens.bytes(
                TestKeys.jwks(
                    List.of(
                        TestKeys.jwk(TestKeys.RSA.getPublic(), "bad", "n", "!"),
                        TestKeys.jwk(TestKeys.P256.getPublic(), "good")))));

    assertThat(set.entries()).hasSize(1);
    assertThat(set.select(SignatureAlgorithm.ES256, "good")).hasSize(1);
  }

  @Test
  void pointOffTheCurveFitsNothing() throws Exception {
    ECPublicKey good = (ECPublicKey) TestKeys.P256.getPublic();
    ECPoint off =
        new ECPoint(good.getW().getAffineX(), good.getW().getAffineY().add(BigInteger.ONE));
    Key bad =
        KeyFactory.getInstance("EC").generatePublic(new ECPublicKeySpec(off, good.getParams()));

    assertThat(SignatureAlgorithm.ES256.misfit(bad)).contains("not on the curve");
    assertThat(SignatureAlgorithm.ES256.misfit(new FakeEc(ECPoint.POINT_INFINITY, good)))
        .contains("not on the curve");
    assertThat(SignatureAlgorithm.ES256.fits(good)).isTrue();
    assertThat(SignatureAlgorithm.ES384.misfit(good)).contains("P-384, not of 256 bits");
  }

  @Test
  void rsaKeyNeedsASoundSizeAndExponent() throws Exception {
    BigInteger modulus = ((RSAPublicKey) TestKeys.RSA.getPublic()).getModulus();

    assertThat(SignatureAlgorithm.RS256.misfit(rsa(modulus, 3))).isNull();
    assertThat(SignatureAlgorithm.RS256.misfit(TestKeys.RSA_WEAK.getPublic()))
        .contains("2048 to 8192 bits: 1024");
    assertThat(SignatureAlgorithm.RS256.misfit(fake(modulus, 1))).contains("odd exponent");
    assertThat(SignatureAlgorithm.RS256.misfit(fake(modulus, 4))).contains("odd exponent");
    assertThat(SignatureAlgorithm.RS256.misfit(fake(BigInteger.ONE.shiftLeft(8191), 3))).isNull();
    assertThat(SignatureAlgorithm.RS256.misfit(fake(BigInteger.ONE.shiftLeft(8192), 3)))
        .contains("8193");
  }

  /** Self-signed for a key on P-256; its private half was thrown away. */
  private static final String CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIBTTCB86ADAgECAghi4nedSZI/ETAKBggqhkjOPQQDAjAaMRgwFgYDVQQDEw9k
      cmF3YnJpZGdlLXRlc3QwIBcNMjYxMTIzMjEyNzUwWhgPMjEyNjEwMzAyMTI3NTBa
      MBoxGDAWBgNVBAMTD2RyYXdicmlkZ2UtdGVzdDBZMBMGByqGSM49AgEGCCqGSM49
      AwEHA0IABMARhnF5etxX6TNqKXSC/kGbqaQn7Ata2JDVn0D4InGZVW33nqgVBCCu
      DV9cGrwY4YGhWnFpY0YbVWjcWqiWFjqjITAfMB0GA1UdDgQWBBT3241r1riPb0la
      W+r6eOB0OdLNbzAKBggqhkjOPQQDAgNJADBGAiEAn7IfUwR+MIuQM6ytjuTd0nkD
      cABbOYFy/15rwtD3wmECIQDTgGLh8UAp8mJLfHCfWrFhLaQFqJZpJC3iAkv/lhSH
      2w==
      -----END CERTIFICATE-----
      """;

  @Test
  void certificateGivesItsKey() throws Exception {
    KeySet set = KeyReader.pem(CERTIFICATE);

    assertThat(AllowedAlgorithms.ofKeys(false).with(set)).containsExactly(SignatureAlgorithm.ES256);
    assertThat(set.entries().get(0).key()).isInstanceOf(ECPublicKey.class);
  }

  @Test
  void setMayHoldFiftyKeys() throws Exception {
    List<Map<String, Object>> keys = new ArrayList<>();
    for (int i = 0; i < KeyReader.MAX_KEYS; i++) {
      keys.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "k" + i));
    }
    assertThat(KeyReader.jwks(TestTokens.bytes(TestKeys.jwks(keys))).entries()).hasSize(50);

    keys.add(TestKeys.jwk(TestKeys.RSA.getPublic(), "one more"));

    assertThatThrownBy(() -> KeyReader.jwks(TestTokens.bytes(TestKeys.jwks(keys))))
        .hasMessage("it must hold at most 50 keys: 51");
  }

  @Test
  void setsWithTheSameKeysAreTheSame() throws Exception {
    KeySet one = jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one"));
    KeySet again = jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one"));
    KeySet renamed = jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "two"));
    KeySet limited = jwks(TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "alg", "RS256"));

    assertThat(one.sameKeysAs(again)).isTrue();
    assertThat(one.sameKeysAs(renamed)).isFalse();
    assertThat(one.sameKeysAs(limited)).isFalse();
    assertThat(again.generation()).isGreaterThan(one.generation());
    assertThat(one.toString() + one.entries()).doesNotContain("AQAB").contains("keys=1");
  }
}
