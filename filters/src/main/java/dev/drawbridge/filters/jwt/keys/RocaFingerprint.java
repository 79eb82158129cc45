package dev.drawbridge.filters.jwt.keys;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Recognizes RSA keys that a faulty library of smart cards and security chips has made, and whose
 * private half can be computed (CVE-2017-15361, "ROCA"). Their modulus is a power of 65537 modulo
 * each of the first primes; of other keys fewer than one in a hundred million is. Stateless.
 */
final class RocaFingerprint {
  private static final int GENERATOR = 65537;

  /** The largest prime that keys of every length share. */
  private static final int LARGEST_PRIME = 167;

  /** A prime with the remainders that such a modulus can leave. */
  private record Remainders(int prime, BitSet possible) {}

  private static final List<Remainders> TABLE = table();

  private RocaFingerprint() {}

  /** True if a modulus has the fingerprint. */
  static boolean isIn(BigInteger modulus) {
    for (Remainders each : TABLE) {
      int remainder = modulus.mod(BigInteger.valueOf(each.prime())).intValue();
      if (!each.possible().get(remainder)) {
        return false;
      }
    }
    return true;
  }

  private static List<Remainders> table() {
    List<Remainders> table = new ArrayList<>();
    for (int prime = 3; prime <= LARGEST_PRIME; prime += 2) {
      if (BigInteger.valueOf(prime).isProbablePrime(20)) {
        BitSet possible = new BitSet(prime);
        for (int power = 1; !possible.get(power); power = power * (GENERATOR % prime) % prime) {
          possible.set(power);
        }
        table.add(new Remainders(prime, possible));
      }
    }
    return List.copyOf(table);
  }
}
