package dev.drawbridge.filters.jwt.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.drawbridge.filters.jwt.jose.Base64Url;
import dev.drawbridge.filters.jwt.keys.AllowedAlgorithms;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Key;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jose4j.jca.ProviderContext;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwa.AlgorithmConstraints.ConstraintType;
import org.jose4j.jwa.AlgorithmFactoryFactory;
import org.jose4j.jws.JsonWebSignatureAlgorithm;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a token is good: form, key, signature, claims, in this order. Thread-safe. RFC
 * 7515 section 5.2, RFC 7519 section 7.2.
 *
 * <p>Good tokens are remembered for at most a minute, by the SHA-256 of the whole token and the
 * generation of the keys; their expiry is checked again each time. Bad ones are never remembered: a
 * stranger chooses them.
 */
public final class TokenVerifier {

  /** Tokens remembered at most: {@value}. */
  static final int MAX_REMEMBERED = 10_000;

  private final AllowedAlgorithms algorithms;
  private final TokenScreen screen;
  private final ClaimRules rules;
  private final AlgorithmConstraints constraints;
  private final SigningKeys keys;
  private final Clock clock;
  private final @Nullable Cache<CacheKey, VerifiedToken> remembered;
  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();

  /** A token's SHA-256 in four words, and the keys it was checked with. */
  private record CacheKey(long a, long b, long c, long d, long generation) {

    static CacheKey of(byte[] sha256, long generation) {
      ByteBuffer words = ByteBuffer.wrap(sha256);
      return new CacheKey(
          words.getLong(), words.getLong(), words.getLong(), words.getLong(), generation);
    }
  }

  /**
   * Makes a verifier.
   *
   * @param algorithms those allowed
   * @param cacheTtl how long a good token is remembered; zero for not at all
   */
  public TokenVerifier(
      AllowedAlgorithms algorithms,
      ClaimRules rules,
      SigningKeys keys,
      Duration cacheTtl,
      Clock clock) {
    this.algorithms = algorithms;
    this.screen = new TokenScreen(algorithms);
    this.constraints =
        new AlgorithmConstraints(
            ConstraintType.PERMIT,
            algorithms.all().stream().map(Enum::name).toArray(String[]::new));
    this.rules = rules;
    this.keys = keys;
    this.clock = clock;
    this.remembered =
        cacheTtl.isZero()
            ? null
            : Caffeine.newBuilder()
                .maximumSize(MAX_REMEMBERED)
                .expireAfterWrite(cacheTtl)
                // Its upkeep is short; waking another thread for it costs more.
                .executor(Runnable::run)
                .build();
  }

  /**
   * Verifies a token.
   *
   * @param token what the client sent, of any length and with any characters
   * @throws RefusedException with a {@code token_…} code or {@code keys_unavailable}
   */
  public VerifiedToken verify(String token) {
    TokenScreen.checkLength(token);
    KeySet set = keys.current();
    // A token that was remembered is ASCII, so that a replaced character cannot make two alike.
    byte[] hash = KeySet.sha256().digest(token.getBytes(StandardCharsets.US_ASCII));
    if (remembered != null) {
      VerifiedToken known = remembered.getIfPresent(CacheKey.of(hash, set.generation()));
      if (known != null) {
        hits.increment();
        rules.checkExpiry(known.expiresAt(), clock.instant());
        return known;
      }
    }
    misses.increment();
    ScreenedToken screened = screen.screen(token, set);
    SignatureAlgorithm algorithm =
        Objects.requireNonNull(SignatureAlgorithm.named(screened.algorithm()), "screened");
    List<Key> candidates = set.select(algorithm, screened.keyId());
    if (candidates.isEmpty()) {
      set = keys.newerThan(set);
      candidates = set.select(algorithm, screened.keyId());
    }
    if (candidates.isEmpty()) {
      throw set.serves(algorithm)
          ? keyUnknown(screened.keyId())
          : TokenScreen.notAllowed(screened.algorithm(), algorithms, set);
    }
    if (candidates.stream().noneMatch(key -> isSigned(screened, algorithm, key))) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_SIGNATURE_INVALID,
          "the signature does not fit the configured key; was the token signed with another one?");
    }
    ClaimRules.Accepted claims = rules.check(screened.claims(), clock.instant());
    VerifiedToken verified =
        new VerifiedToken(
            claims.subject(),
            claims.tokenId(),
            claims.issuedAt(),
            claims.expiresAt(),
            screened.algorithm(),
            screened.keyId(),
            HexFormat.of().formatHex(hash, 0, 4));
    if (remembered != null) {
      remembered.put(CacheKey.of(hash, set.generation()), verified);
    }
    return verified;
  }

  /** How the cache of good tokens does. */
  public TokenCacheStats cacheStats() {
    return new TokenCacheStats(
        hits.sum(), misses.sum(), remembered == null ? 0 : remembered.estimatedSize());
  }

  private static RefusedException keyUnknown(@Nullable String keyId) {
    return Refusals.refuse(
        RefusalCode.TOKEN_KEY_UNKNOWN,
        keyId == null
            ? "the token has no kid, and more than one key of the set could be meant, or none"
            : "no key of the set serves this kid and alg: " + Refusals.shown(keyId));
  }

  /**
   * By the algorithms of jose4j, without the class that reads the token for them: the screen has
   * read it already, and more strictly.
   */
  private boolean isSigned(ScreenedToken token, SignatureAlgorithm algorithm, Key key) {
    byte[] signature =
        Base64Url.decode(token.token(), token.signatureStart(), token.token().length());
    if (!isPlausible(signature, algorithm)) {
      return false;
    }
    try {
      constraints.checkConstraint(algorithm.name());
      JsonWebSignatureAlgorithm signer =
          AlgorithmFactoryFactory.getInstance()
              .getJwsAlgorithmFactory()
              .getAlgorithm(algorithm.name());
      signer.validateVerificationKey(key);
      byte[] signed =
          token
              .token()
              .substring(0, token.signatureStart() - 1)
              .getBytes(StandardCharsets.US_ASCII);
      return signer.verifySignature(signature, key, signed, new ProviderContext());
    } catch (JoseException | RuntimeException e) {
      // Its message may hold parts of the token or the key; what cannot be verified is not good.
      return false;
    }
  }

  /**
   * Refuses an empty signature and, on curves, one of another length or with a half of zeros:
   * libraries have taken those for good (CVE-2022-21449).
   */
  private static boolean isPlausible(byte[] signature, SignatureAlgorithm algorithm) {
    int half = algorithm.signatureHalfBytes();
    if (half == 0) {
      return signature.length > 0;
    }
    return signature.length == 2 * half
        && (algorithm.family() != SignatureAlgorithm.Family.EC
            || (isAnyBitSet(signature, 0, half) && isAnyBitSet(signature, half, 2 * half)));
  }

  private static boolean isAnyBitSet(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] != 0) {
        return true;
      }
    }
    return false;
  }
}
