package dev.drawbridge.filters.jwt.revocation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbBusyException;
import dev.drawbridge.db.DbConstraintException;
import dev.drawbridge.db.DbException;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.db.user.Registration;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.util.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Revocations in the table {@code revocation}, for several servers and across restarts.
 * Thread-safe.
 *
 * <p>What was read is believed for a few seconds; a revocation by this server counts at once. While
 * the database is away, what was read before holds on for the time that users do, so that known
 * users come in; what was never read is an exception and so a 503.
 */
public final class StoredRevocations implements Revocations, RevocationCheck.Remembering {

  /** Handshakes that ask the database at once; further ones are answered 503. */
  static final int MAX_READING = 8;

  /** Keys in one statement: below what every driver takes as parameters. */
  private static final int MAX_KEYS = 10_000;

  private static final int MAX_REMEMBERED = 100_000;
  private static final Duration MARGIN = Duration.ofMinutes(5);
  private static final long PAUSE_NANOS = 1_000_000_000L;
  private static final long NOTHING = Long.MIN_VALUE;
  private static final long EVERYTHING = Long.MAX_VALUE;

  /**
   * An answer of the database.
   *
   * @param before epoch seconds before which tokens are revoked
   */
  private record Entry(long before, long readAt) {}

  private final Database database;
  private final Duration maxLifetime;
  private final long freshNanos;
  private final long staleNanos;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final Cache<String, Entry> entries =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).build();
  private final Semaphore reading = new Semaphore(MAX_READING);
  private final RevocationListeners listeners = new RevocationListeners();

  /** When the database last failed; in the pause after it nobody waits for it again. */
  private volatile long failedAt;

  /**
   * Reads nothing yet.
   *
   * @param maxLifetime of a token, after which a row is of no use
   * @param fresh how long an answer is believed, which is how late a revocation by another server
   *     may count
   * @param stale how old an answer may be while the database is away
   */
  public StoredRevocations(
      Database database,
      Duration maxLifetime,
      Duration fresh,
      Duration stale,
      Clock clock,
      LongSupplier nanoTime) {
    this.database = database;
    this.maxLifetime = maxLifetime;
    this.freshNanos = fresh.toNanos();
    this.staleNanos = stale.toNanos();
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.failedAt = nanoTime.getAsLong() - PAUSE_NANOS;
  }

  /**
   * {@inheritDoc}
   *
   * @throws DbException if the database is away and has not been asked of this token lately
   */
  @Override
  public boolean isRevoked(String subject, @Nullable String tokenId, @Nullable Instant issuedAt) {
    String userKey = userKey(subject);
    String tokenKey = tokenId == null ? userKey : tokenKey(tokenId);
    @Nullable Entry user = entries.getIfPresent(userKey);
    @Nullable Entry token = entries.getIfPresent(tokenKey);
    if (!isWithin(user, freshNanos) || !isWithin(token, freshNanos)) {
      try {
        Map<String, Entry> read = read(userKey, tokenKey);
        user = read.get(userKey);
        token = read.get(tokenKey);
      } catch (DbException e) {
        if (!isWithin(user, staleNanos) || !isWithin(token, staleNanos)) {
          throw e;
        }
      }
    }
    return isRevoked(new Token(subject, tokenId, issuedAt), user, tokenId == null ? null : token);
  }

  private static boolean isRevoked(Token token, @Nullable Entry user, @Nullable Entry own) {
    return isBefore(token, user) || (own != null && own.before() == EVERYTHING);
  }

  @Override
  public @Nullable Boolean remembered(Token token) {
    @Nullable Entry user = entries.getIfPresent(userKey(token.subject()));
    String tokenId = token.tokenId();
    @Nullable Entry own = tokenId == null ? user : entries.getIfPresent(tokenKey(tokenId));
    return (isWithin(user, freshNanos) && isWithin(own, freshNanos))
        ? isRevoked(token, user, tokenId == null ? null : own)
        : null;
  }

  /**
   * {@inheritDoc} One statement for ten thousand keys, of which a token has two at most.
   *
   * @throws DbException if the database is away
   */
  @Override
  public Set<Token> revokedAmong(Collection<Token> tokens) {
    Set<String> keys = new LinkedHashSet<>();
    for (Token token : tokens) {
      keys.add(userKey(token.subject()));
      String tokenId = token.tokenId();
      if (tokenId != null) {
        keys.add(tokenKey(tokenId));
      }
    }
    List<String> all = List.copyOf(keys);
    Map<String, Entry> found = new HashMap<>();
    for (int from = 0; from < all.size(); from += MAX_KEYS) {
      List<String> some = all.subList(from, Math.min(all.size(), from + MAX_KEYS));
      select(some, nanoTime.getAsLong(), found);
    }
    found.replaceAll(this::remember);
    Set<Token> revoked = new HashSet<>();
    for (Token token : found.isEmpty() ? List.<Token>of() : tokens) {
      String tokenId = token.tokenId();
      @Nullable Entry own = tokenId == null ? null : found.get(tokenKey(tokenId));
      if (isRevoked(token, found.get(userKey(token.subject())), own)) {
        revoked.add(token);
      }
    }
    return revoked;
  }

  @Override
  public Registration onRevoke(Consumer<Predicate<Token>> listener) {
    return listeners.add(listener);
  }

  @Override
  public void revoke(String tokenId, Instant expiresAt) {
    write(tokenKey(tokenId), EVERYTHING, expiresAt.plus(MARGIN));
    listeners.tell(Revocation.ofToken(tokenId, expiresAt));
  }

  @Override
  public void revokeBefore(String subject, Instant moment) {
    Instant last = moment.isAfter(clock.instant()) ? moment : clock.instant();
    write(userKey(subject), moment.getEpochSecond(), last.plus(maxLifetime).plus(MARGIN));
    listeners.tell(Revocation.before(subject, moment));
  }

  /** Does not wait until what was read here is too old to be believed. */
  @Override
  public void heard(Revocation revocation) {
    String key = revocation.tokenKey();
    String subject = revocation.subject();
    // As old as an answer that is not believed any more: what the database says else is not known.
    long readAt = nanoTime.getAsLong() - freshNanos;
    if (key != null) {
      remember(key, new Entry(EVERYTHING, readAt));
    } else if (subject != null) {
      remember(userKey(subject), new Entry(revocation.moment().getEpochSecond(), readAt));
    }
    listeners.tell(revocation);
  }

  private boolean isWithin(@Nullable Entry entry, long nanos) {
    return entry != null && nanoTime.getAsLong() - entry.readAt() < nanos;
  }

  private static boolean isBefore(Token token, @Nullable Entry user) {
    return user != null
        && user.before() != NOTHING
        && token.isIssuedBefore(Instant.ofEpochSecond(user.before()));
  }

  private Map<String, Entry> read(String userKey, String tokenKey) {
    if (nanoTime.getAsLong() - failedAt < PAUSE_NANOS) {
      throw new DbUnavailableException("the last question failed less than a second ago", null);
    }
    if (!reading.tryAcquire()) {
      throw new DbBusyException(
          "more than " + MAX_READING + " handshakes ask for revocations", null);
    }
    try {
      long now = nanoTime.getAsLong();
      Map<String, Entry> found = new HashMap<>();
      found.put(userKey, new Entry(NOTHING, now));
      found.put(tokenKey, new Entry(NOTHING, now));
      select(List.of(userKey, tokenKey), now, found);
      found.replaceAll(this::remember);
      return found;
    } catch (DbException e) {
      failedAt = nanoTime.getAsLong();
      throw e;
    } finally {
      reading.release();
    }
  }

  private void select(List<String> keys, long now, Map<String, Entry> found) {
    database.read(
        session ->
            session
                .query(
                    "SELECT revocation_key, revoked_before FROM revocation"
                        + " WHERE revocation_key IN (:keys)")
                .bind("keys", keys)
                .list(
                    row -> {
                      Long before = row.valueOrNull("revoked_before", Long.class);
                      return found.put(
                          row.string("revocation_key"),
                          new Entry(before == null ? EVERYTHING : before, now));
                    }));
  }

  private void write(String key, long before, Instant expiresAt) {
    database.transact(
        session ->
            session
                .update("DELETE FROM revocation WHERE expires_at < :now")
                .bind("now", clock.instant().getEpochSecond())
                .run());
    try {
      database.transact(session -> insertOrUpdate(session, key, before, expiresAt));
    } catch (DbConstraintException e) {
      // Another server inserted the row in between; now there is one to update.
      database.transact(session -> insertOrUpdate(session, key, before, expiresAt));
    }
    remember(key, new Entry(before, nanoTime.getAsLong()));
  }

  private static long insertOrUpdate(
      DbSession session, String key, long before, Instant expiresAt) {
    boolean exists =
        session
            .query("SELECT expires_at FROM revocation WHERE revocation_key = :key")
            .bind("key", key)
            .one(row -> row.longValue("expires_at"))
            .isPresent();
    if (!exists) {
      return session
          .update(
              "INSERT INTO revocation (revocation_key, revoked_before, expires_at)"
                  + " VALUES (:key, :before, :expires)")
          .bind("key", key)
          .bind("before", before == EVERYTHING ? null : before)
          .bind("expires", expiresAt.getEpochSecond())
          .run();
    }
    // A moment moves forward, never back; of a single token there is nothing to change.
    return session
        .update(
            "UPDATE revocation SET revoked_before = :before, expires_at = :expires"
                + " WHERE revocation_key = :key AND revoked_before < :before")
        .bind("before", before)
        .bind("expires", expiresAt.getEpochSecond())
        .bind("key", key)
        .run();
  }

  /** Keeps the stricter of two answers: a slow read must not undo a revocation. */
  private Entry remember(String key, Entry entry) {
    return entries
        .asMap()
        .merge(
            key,
            entry,
            (old, next) ->
                new Entry(
                    Math.max(old.before(), next.before()), Math.max(old.readAt(), next.readAt())));
  }

  private static String userKey(String subject) {
    byte[] text = ("user:" + subject).getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(Sha256.of(text));
  }

  private static String tokenKey(String tokenId) {
    return Revocation.keyOf(tokenId);
  }
}
