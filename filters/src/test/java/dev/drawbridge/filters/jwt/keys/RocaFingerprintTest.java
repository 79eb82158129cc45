package dev.drawbridge.filters.jwt.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestTokens;
import java.math.BigInteger;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Keys as the faulty library made them, and keys as others make them. */
class RocaFingerprintTest {
  private static final BigInteger GENERATOR = BigInteger.valueOf(65537);
  private static final Random RANDOM = new Random(17);

  /** A prime of the form k * M + 65537^a mod M, where M is the product of the first primes. */
  private static BigInteger prime(int bits, int primes) {
    BigInteger product = BigInteger.ONE;
    BigInteger next = BigInteger.ONE;
    for (int i = 0; i < primes; i++) {
      next = next.nextProbablePrime();
      product = product.multiply(next);
    }
    while (true) {
      BigInteger power = GENERATOR.modPow(new BigInteger(64, RANDOM), product);
      BigInteger factor =
          new BigInteger(bits - product.bitLength(), RANDOM).setBit(bits - product.bitLength() - 1);
      BigInteger candidate = factor.multiply(product).add(power);
      if (candidate.isProbablePrime(50)) {
        return candidate;
      }
    }
  }

  private static PublicKey computable() throws Exception {
    BigInteger modulus = prime(1027, 126).multiply(prime(1027, 126));
    return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, GENERATOR));
  }

  @Test
  void keyOfTheFaultyLibraryIsRefusedInEveryForm() throws Exception {
    PublicKey key = computable();

    assertThatThrownBy(() -> KeyReader.pem(TestKeys.pem(key)))
        .isInstanceOf(UnusableKeysException.class)
        .hasMessageContaining("CVE-2017-15361");
    assertThatThrownBy(
            () -> KeyReader.jwks(TestTokens.bytes(TestKeys.jwks(TestKeys.jwk(key, "one")))))
        .isInstanceOf(UnusableKeysException.class)
        .hasMessageContaining("CVE-2017-15361");
  }

  @Test
  void otherKeysOfTheSetStillCount() throws Exception {
    String set =
        TestKeys.jwks(
            List.of(
                TestKeys.jwk(computable(), "bad"), TestKeys.jwk(TestKeys.RSA.getPublic(), "good")));

    assertThat(KeyReader.jwks(TestTokens.bytes(set)).entries())
        .extracting(KeySet.Entry::keyId)
        .containsExactly("good");
  }

  @Test
  void otherKeysHaveNoFingerprint() {
    for (int i = 0; i < 200; i++) {
      BigInteger modulus =
          BigInteger.probablePrime(512, RANDOM).multiply(BigInteger.probablePrime(512, RANDOM));
      assertThat(RocaFingerprint.isIn(modulus)).isFalse();
    }
  }
}
