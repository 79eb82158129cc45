package dev.drawbridge.filters.jwt.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.drawbridge.filters.jwt.jose.Base64Url;
import dev.drawbridge.filters.jwt.jose.TokenClaims;
import dev.drawbridge.filters.jwt.keys.AllowedAlgorithms;
import dev.drawbridge.filters.jwt.keys.KeySet;
import dev.drawbridge.filters.jwt.keys.SignatureAlgorithm;
import dev.drawbridge.filters.jwt.keys.SigningKeys;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.refusal.Refusals;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.util.Sha256;
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
import org.jose4j.jwa.AlgorithmFactoryFactory;
import org.jose4j.jws.JsonWebSignatureAlgorithm;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a token is good: form, key, signature, claims, in this order. Thread-safe. RFC
 * 7515 section 5.2, RFC 7519 section 7.2.
 *
 * <p>Good tokens are remembered for at most a minute, by the SHA-256 of the whole token, while the
 * keys of their issuer stay the same; their expiry is checked again each time. Bad ones are never
 * remembered: a stranger chooses them.
 */
public final class TokenVerifier {

  /** Tokens remembered at most: {@value}. */
  static final int MAX_REMEMBERED = 10_000;

  /** Longest token that is remembered, in characters: {@value}; its claims stay with it. */
  static final int MAX_REMEMBERED_CHARS = TokenScreen.MAX_TOKEN_CHARS;

  /** The only issuer, null where there are several. */
  private final @Nullable Trust only;

  private final TokenScreen screen;
  private final Clock clock;
  private final @Nullable Cache<CacheKey, Known> remembered;
  private final LongAdder hits;
  private final LongAdder misses;

  /** A token's SHA-256 in four words. */
  private record CacheKey(long a, long b, long c, long d) {

    static CacheKey of(byte[] sha256) {
      ByteBuffer words = ByteBuffer.wrap(sha256);
      return new CacheKey(words.getLong(), words.getLong(), words.getLong(), words.getLong());
    }
  }

  /** A good token, by whose rules, and the generation of the keys it was checked with. */
  private record Known(VerifiedToken token, Trust trust, long generation) {}

  /**
   * Makes a verifier of one issuer's tokens.
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
    this(
        Trusts.only("", new Trust(algorithms, keys, rules)),
        TokenScreen.MAX_TOKEN_CHARS,
        cacheTtl,
        clock);
  }

  /**
   * Makes a verifier.
   *
   * @param maxChars longest token in characters
   * @param cacheTtl how long a good token is remembered; zero for not at all
   */
  public TokenVerifier(Trusts trusts, int maxChars, Duration cacheTtl, Clock clock) {
    this(trusts, maxChars, cacheTtl, clock, null);
  }

  /** The same in the place of an earlier one, whose counts go on. */
  public TokenVerifier(
      Trusts trusts,
      int maxChars,
      Duration cacheTtl,
      Clock clock,
      @Nullable TokenVerifier earlier) {
    this.hits = earlier == null ? new LongAdder() : earlier.hits;
    this.misses = earlier == null ? new LongAdder() : earlier.misses;
    this.only = trusts.only();
    this.screen = new TokenScreen(trusts, maxChars);
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
    screen.checkLength(token);
    // With one issuer its keys come first: without any, no token can be judged.
    KeySet set = only == null ? null : only.keys().current();
    // A token that was remembered is ASCII, so that a replaced character cannot make two alike.
    byte[] hash = Sha256.of(token.getBytes(StandardCharsets.US_ASCII));
    CacheKey key = CacheKey.of(hash);
    if (remembered != null) {
      Known known = remembered.getIfPresent(key);
      if (known != null && known.generation() == inForce(known.trust(), set).generation()) {
        hits.increment();
        known.trust().rules().checkExpiry(known.token().expiresAt(), clock.instant());
        return known.token();
      }
    }
    misses.increment();
    ScreenedToken screened = screen.screen(token);
    Trust trust = screened.trust();
    set = inForce(trust, set);
    SignatureAlgorithm algorithm =
        Objects.requireNonNull(SignatureAlgorithm.named(screened.algorithm()), "screened");
    List<Key> candidates = trust.select(set, algorithm, screened.keyId());
    if (candidates.isEmpty()) {
      set = trust.keys().newerThan(set);
      candidates = trust.select(set, algorithm, screened.keyId());
    }
    if (candidates.isEmpty()) {
      throw set.serves(algorithm)
          ? keyUnknown(screened.keyId(), set.isOfAnother(algorithm, screened.keyId()))
          : TokenScreen.notAllowed(screened.algorithm(), trust.algorithms(), set);
    }
    Key signer = signer(screened, algorithm, candidates);
    if (signer == null) {
      throw Refusals.refuse(
          RefusalCode.TOKEN_SIGNATURE_INVALID,
          "the signature does not fit the configured key; was the token signed with another one?");
    }
    ClaimRules.Accepted claims = trust.rules().check(screened.claims(), clock.instant());
    VerifiedToken verified =
        new VerifiedToken(
            claims.subject(),
            claims.tokenId(),
            claims.issuedAt(),
            claims.expiresAt(),
            screened.algorithm(),
            screened.keyId(),
            HexFormat.of().formatHex(hash, 0, 4),
            claims.roles(),
            TokenClaims.of(screened.payload()),
            trust.signedWith(signer));
    if (remembered != null && token.length() <= MAX_REMEMBERED_CHARS) {
      remembered.put(key, new Known(verified, trust, set.generation()));
    }
    return verified;
  }

  /** The first whose signature it is, null when there is none. */
  private static @Nullable Key signer(
      ScreenedToken token, SignatureAlgorithm algorithm, List<Key> candidates) {
    for (Key each : candidates) {
      if (isSigned(token, algorithm, each)) {
        return each;
      }
    }
    return null;
  }

  private static KeySet inForce(Trust trust, @Nullable KeySet ofTheOnly) {
    return ofTheOnly == null ? trust.keys().current() : ofTheOnly;
  }

  /** How the cache of good tokens does. */
  public TokenCacheStats cacheStats() {
    return new TokenCacheStats(
        hits.sum(), misses.sum(), remembered == null ? 0 : remembered.estimatedSize());
  }

  private static RefusedException keyUnknown(@Nullable String keyId, boolean anothers) {
    return Refusals.refuse(
        RefusalCode.TOKEN_KEY_UNKNOWN,
        anothers
            ? "the key of this kid names another issuer, whose tokens alone it verifies"
            : keyId == null
                ? "the token has no kid, and more than one key of the set could be meant, or none"
                : "no key of the set serves this kid and alg: " + Refusals.unverified(keyId));
  }

  /**
   * By the algorithms of jose4j, without the class that reads the token for them: the screen has
   * read it already, and more strictly.
   */
  private static boolean isSigned(ScreenedToken token, SignatureAlgorithm algorithm, Key key) {
    byte[] signature =
        Base64Url.decode(token.token(), token.signatureStart(), token.token().length());
    if (!isPlausible(signature, algorithm)) {
      return false;
    }
    try {
      token.trust().constraints().checkConstraint(algorithm.name());
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
