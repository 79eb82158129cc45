package dev.drawbridge.filters.jwt.revocation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.drawbridge.db.user.Registration;
import dev.drawbridge.filters.jwt.Revocations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Revocations in the memory of one server: gone with it. Thread-safe.
 *
 * <p>Not bounded in number, because a dropped entry would let its token in again; each entry goes
 * when no token that it concerns can be valid any more.
 */
public final class RevokedTokens implements Revocations, RevocationCheck.Remembering {

  /** How much longer than a token its entry stays, for the leeway and clocks that differ. */
  private static final Duration MARGIN = Duration.ofMinutes(5);

  /** By {@link Revocations.Revocation#keyOf}. */
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
    return (tokenId != null && isRevoked(tokenId))
        || new Token(subject, tokenId, issuedAt).isIssuedBefore(users.getIfPresent(subject));
  }

  /** Where there is none, no key needs to be made. */
  private boolean isRevoked(String tokenId) {
    return !tokens.asMap().isEmpty() && tokens.getIfPresent(Revocation.keyOf(tokenId)) != null;
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
    heard(Revocation.ofToken(tokenId, expiresAt));
  }

  @Override
  public void revokeBefore(String subject, Instant moment) {
    heard(Revocation.before(subject, moment));
  }

  @Override
  public void heard(Revocation revocation) {
    String key = revocation.tokenKey();
    String subject = revocation.subject();
    Instant moment = revocation.moment();
    if (key != null) {
      tokens.put(key, moment);
    } else if (subject != null) {
      users.asMap().merge(subject, moment, (old, next) -> next.isAfter(old) ? next : old);
    }
    listeners.tell(revocation);
  }
}
