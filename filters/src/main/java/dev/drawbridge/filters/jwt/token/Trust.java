package dev.drawbridge.filters.jwt.token;

import dev.drawbridge.filters.jwt.issuer.IssuerTemplate;
import dev.drawbridge.filters.jwt.keys.AllowedAlgorithms;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import java.security.Key;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jspecify.annotations.Nullable;

/**
 * One exact issuer with the keys that sign for it, and for nobody else, and the rules for its
 * claims. Thread-safe.
 */
public final class Trust {

  private final AllowedAlgorithms algorithms;
  private final Set<String> names;
  private final AlgorithmConstraints constraints;
  private final SigningKeys keys;

  /** True for the issuer that a key names, if it may sign for this one. */
  private final Predicate<String> keyIssuer;

  private final ClaimRules rules;

  /** Who fetches the keys, null where they are set or in a file. */
  private final @Nullable Object fetchedBy;

  /** The last one; most tokens are signed with one key, and share it. */
  private volatile @Nullable TokenSignature lastSignature;

  /** Trusts the issuer whose tokens keep the rules. */
  public Trust(AllowedAlgorithms algorithms, SigningKeys keys, ClaimRules rules) {
    this(algorithms, keys, rules, null);
  }

  /** The same of keys that somebody fetches: what is the same object fetches the same keys. */
  public Trust(
      AllowedAlgorithms algorithms,
      SigningKeys keys,
      ClaimRules rules,
      @Nullable Object fetchedBy) {
    this.fetchedBy = fetchedBy;
    this.algorithms = algorithms;
    this.names = algorithms.all().stream().map(Enum::name).collect(Collectors.toUnmodifiableSet());
    this.constraints =
        new AlgorithmConstraints(ConstraintType.PERMIT, names.toArray(String[]::new));
    this.keys = keys;
    String name = rules.issuer().issuer();
    String listed = rules.issuer().tenant();
    String tenant = listed == null ? IssuerTemplate.tenantIn(name) : listed;
    this.keyIssuer = written -> IssuerTemplate.isKeyOf(written, name, tenant);
    this.rules = rules;
  }

  AllowedAlgorithms algorithms() {
    return algorithms;
  }

  /** True for an algorithm that can be in question at all. */
  boolean allows(String algorithm) {
    return names.contains(algorithm);
  }

  AlgorithmConstraints constraints() {
    return constraints;
  }

  SigningKeys keys() {
    return keys;
  }

  /** The keys of a set with which a token of this issuer may be signed. */
  List<Key> select(KeySet set, SignatureAlgorithm algorithm, @Nullable String keyId) {
    return set.select(algorithm, keyId, keyIssuer);
  }

  ClaimRules rules() {
    return rules;
  }

  /** Names the key with which a token was signed. */
  TokenSignature signedWith(Key key) {
    TokenSignature last = lastSignature;
    if (last == null || !last.isBy(key)) {
      last = new TokenSignature(rules.issuer().issuer(), key, fetchedBy);
      lastSignature = last;
    }
    return last;
  }

  /**
   * True where the key is one of these still. An issuer may change the keys that are fetched from
   * it as it likes: tokens that it has signed stay its own.
   */
  boolean holds(TokenSignature signature) {
    if (fetchedBy != null && signature.isFetchedBy(fetchedBy)) {
      return true;
    }
    KeySet known = keys.known();
    return known == null || known.holds(signature.key());
  }
}
