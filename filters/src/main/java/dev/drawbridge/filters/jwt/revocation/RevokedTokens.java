package dev.drawbridge.filters.jwt.revocation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.drawbridge.db.user.Registration;
import dev.drawbridge.filters.jwt.Revocations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Revocations in the memory of one server: gone with it, unknown to others. Thread-safe.
 *
 * <p>Not bounded in number, because a dropped entry would let its token in again; each entry goes
 * when no token that it concerns can be valid any more.
 */
public final class RevokedTokens implements Revocations, RevocationCheck.Remembering {

  /** How much longer than a token its entry stays, for the leeway and clocks that differ. */
  private static final Duration MARGIN = Duration.ofMinutes(5);

  private final Cache<String, Instant> tokens;
  private final Cache<String, Instant> users;
  private final RevocationListeners listeners = new RevocationListeners();

  /**
   * Starts empty.
   *
   * @param maxLifetime of a token, after which "issued before" needs no entry any more
   */
  public RevokedTokens(Duration maxLifetime, Clock clock) {
    this.tokens = Caffeine.newBuilder().expireAfter(new AtExpiry(clock)).build();
    this.users = Caffeine.newBuilder().expireAfterWrite(maxLifetime.plus(MARGIN)).build();
  }

  /**
   * An entry stays as long as its token. A class, and not Caffeine's factory methods: those are
   * newer than the Caffeine that many applications bring.
   */
  private record AtExpiry(Clock clock) implements Expiry<String, Instant> {
    private static final Duration LONGEST = Duration.ofDays(36_500);

    @Override
    public long expireAfterCreate(String id, Instant expiresAt, long currentTime) {
      Duration left = Duration.between(clock.instant(), expiresAt);
      Duration kept = left.isNegative() ? MARGIN : left.plus(MARGIN);
      return (kept.compareTo(LONGEST) > 0 ? LONGEST : kept).toNanos();
    }

    @Override
    public long expireAfterUpdate(
        String id, Instant expiresAt, long currentTime, long currentDuration) {
      return currentDuration;
    }

    @Override
    public long expireAfterRead(
        String id, Instant expiresAt, long currentTime, long currentDuration) {
      return currentDuration;
    }
  }

  @Override
  public boolean isRevoked(String subject, @Nullable String tokenId, @Nullable Instant issuedAt) {
    return (tokenId != null && tokens.getIfPresent(tokenId) != null)
        || isIssuedBefore(issuedAt, users.getIfPresent(subject));
  }

  @Override
  public Boolean remembered(Token token) {
    return isRevoked(token.subject(), token.tokenId(), token.issuedAt());
  }

  @Override
  public Registration onRevoke(Consumer<Predicate<Token>> listener) {
    return listeners.add(listener);
  }

  @Override
  public void revoke(String tokenId, Instant expiresAt) {
    tokens.put(tokenId, expiresAt);
    listeners.revoked(tokenId);
  }

  @Override
  public void revokeBefore(String subject, Instant moment) {
    users.asMap().merge(subject, moment, (old, next) -> next.isAfter(old) ? next : old);
    listeners.revokedBefore(subject, moment);
  }

  /**
   * Compares in whole seconds; no moment revokes nothing, no {@code iat} is before every moment.
   */
  public static boolean isIssuedBefore(@Nullable Instant issuedAt, @Nullable Instant moment) {
    return moment != null
        && (issuedAt == null || issuedAt.isBefore(moment.truncatedTo(ChronoUnit.SECONDS)));
  }
}
