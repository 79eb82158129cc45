package dev.drawbridge.filters.jwt;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.user.Registration;
import dev.drawbridge.filters.jwt.revocation.RevokedTokens;
import dev.drawbridge.filters.jwt.revocation.StoredRevocations;
import dev.drawbridge.filters.util.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that must not be accepted any more although they are signed and not expired. Asked for
 * each handshake, after the signature. Implementations are thread-safe.
 *
 * <p>An application may set its own as servlet context attribute under the name of this interface.
 * Independent of it, a token issued before {@code User.tokensValidFrom()} is refused too.
 */
public interface Revocations {

  /**
   * What a revocation is about: a token that somebody holds.
   *
   * @param subject whose token it is
   * @param tokenId {@code jti}, null when the token has none
   * @param issuedAt {@code iat}, null when the token has none
   */
  record Token(String subject, @Nullable String tokenId, @Nullable Instant issuedAt) {
    /**
     * True if a revocation of all tokens before a moment concerns this one. Whole seconds are
     * compared, as most issuers write them: a token of the same second is good.
     *
     * @param moment null for no such revocation
     */
    public boolean isIssuedBefore(@Nullable Instant moment) {
      return moment != null
          && (issuedAt == null || issuedAt.getEpochSecond() < moment.getEpochSecond());
    }

    /** Without the token's id. */
    @Override
    public String toString() {
      return "Token[" + subject + "]";
    }
  }

  /**
   * One revocation, as listeners and other servers are told. Immutable; holds neither a token nor
   * the id of one.
   *
   * @param tokenKey hash of the {@code jti} of one token, null when it is about a user
   * @param subject whose older tokens, null when it is about one token
   * @param moment {@code exp} of the one token; else tokens issued before it are concerned
   */
  record Revocation(@Nullable String tokenKey, @Nullable String subject, Instant moment)
      implements Predicate<Token> {

    /** Of one token. */
    public static Revocation ofToken(String tokenId, Instant expiresAt) {
      return new Revocation(keyOf(tokenId), null, expiresAt);
    }

    /** Of all tokens of a user that were issued before a moment. */
    public static Revocation before(String subject, Instant moment) {
      return new Revocation(null, subject, moment);
    }

    /** What stands for the id of a token: 64 hexadecimal digits. */
    public static String keyOf(String tokenId) {
      return HexFormat.of()
          .formatHex(Sha256.of(("token:" + tokenId).getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public boolean test(Token token) {
      if (tokenKey != null) {
        String tokenId = token.tokenId();
        return tokenId != null && tokenKey.equals(keyOf(tokenId));
      }
      return token.subject().equals(subject) && token.isIssuedBefore(moment);
    }
  }

  /** How long an answer of the database is believed: {@value} s. */
  int FRESH_SECONDS = 5;

  /**
   * True if a token was revoked.
   *
   * @param subject whose token it is
   * @param tokenId {@code jti}, null when the token has none
   * @param issuedAt {@code iat}, null when the token has none; such a token counts as issued before
   *     everything
   * @throws RuntimeException if it cannot be known now; the handshake is then answered 503
   */
  boolean isRevoked(String subject, @Nullable String tokenId, @Nullable Instant issuedAt);

  /**
   * Revokes one token.
   *
   * @param tokenId its {@code jti}
   * @param expiresAt its {@code exp}; the entry may be forgotten some time later
   */
  void revoke(String tokenId, Instant expiresAt);

  /**
   * Revokes all tokens of a user that were issued before a moment.
   *
   * @param subject the user
   * @param moment compared with {@code iat} in whole seconds, as most issuers write it: a token of
   *     the same second stays good, so that one issued just after the revocation is
   */
  void revokeBefore(String subject, Instant moment);

  /**
   * Which of some tokens were revoked, here or by another server: asked every few seconds for those
   * of all open connections. May block. Asks {@link #isRevoked} for each unless an implementation
   * can do better.
   *
   * @param tokens without duplicates
   * @throws RuntimeException if it cannot be known now; it is asked again soon
   */
  default Set<Token> revokedAmong(Collection<Token> tokens) {
    return tokens.stream()
        .filter(token -> isRevoked(token.subject(), token.tokenId(), token.issuedAt()))
        .collect(Collectors.toSet());
  }

  /**
   * Hears of each revocation by this server, on the thread that revokes, after it has come into
   * force. An implementation that does not tell anybody is asked every few seconds all the same.
   *
   * @param listener gets the rule by which a token is concerned, a {@link Revocation} where it is
   *     known; it must not block
   */
  default Registration onRevoke(Consumer<Predicate<Token>> listener) {
    return () -> {};
  }

  /**
   * Another server has revoked: takes it into force here, and tells listeners. Writes nothing and
   * must not block. Does nothing where an implementation asks a store that both have.
   */
  default void heard(Revocation revocation) {
    // Asked every few seconds.
  }

  /**
   * Revocations in the memory of one server: gone with it. Other servers learn of them through the
   * engine of channels alone, while they run.
   *
   * @param maxLifetime of a token, after which an entry is of no use
   */
  static Revocations inMemory(Duration maxLifetime, Clock clock) {
    return new RevokedTokens(maxLifetime, clock);
  }

  /**
   * Revocations in the table {@code revocation} of the migrations module. Another server's counts
   * within {@value #FRESH_SECONDS} s.
   *
   * @param maxLifetime of a token, after which a row is of no use
   * @param maxStale how old an answer may be while the database is away, as for users
   */
  static Revocations inDatabase(
      Database database, Duration maxLifetime, Duration maxStale, Clock clock) {
    return new StoredRevocations(
        database,
        maxLifetime,
        Duration.ofSeconds(FRESH_SECONDS),
        maxStale,
        clock,
        System::nanoTime);
  }
}
