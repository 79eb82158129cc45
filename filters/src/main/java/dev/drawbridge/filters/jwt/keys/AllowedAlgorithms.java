package dev.drawbridge.filters.jwt.keys;

import java.util.Set;
import java.util.stream.Collectors;

/**
 * With which algorithms a token may be signed: exactly those that were configured, or all that the
 * keys in force allow. A key never serves another family than its own (RFC 8725 section 3.1).
 * Immutable.
 *
 * @param all those that can be in question: the configured ones, or the families of the source
 * @param decidedByKeys true when the keys in force choose among them
 */
public record AllowedAlgorithms(Set<SignatureAlgorithm> all, boolean decidedByKeys) {

  /** Copies the set. */
  public AllowedAlgorithms {
    all = Set.copyOf(all);
  }

  public static AllowedAlgorithms exactly(Set<SignatureAlgorithm> algorithms) {
    return new AllowedAlgorithms(algorithms, false);
  }

  /** What the keys allow, of HMAC for a secret, else of the algorithms with public keys. */
  public static AllowedAlgorithms ofKeys(boolean secret) {
    return new AllowedAlgorithms(
        Set.of(SignatureAlgorithm.values()).stream()
            .filter(each -> (each.family() == SignatureAlgorithm.Family.HMAC) == secret)
            .collect(Collectors.toUnmodifiableSet()),
        true);
  }

  /** Those that are allowed while a set of keys is in force. */
  public Set<SignatureAlgorithm> with(KeySet keys) {
    return decidedByKeys
        ? all.stream().filter(keys::serves).collect(Collectors.toUnmodifiableSet())
        : all;
  }

  /** True if tokens are verified with a secret. */
  public boolean isHmac() {
    return all.contains(SignatureAlgorithm.HS256)
        || all.contains(SignatureAlgorithm.HS384)
        || all.contains(SignatureAlgorithm.HS512);
  }
}
