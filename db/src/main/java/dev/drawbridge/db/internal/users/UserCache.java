package dev.drawbridge.db.internal.users;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserLookupUnavailableException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Users, absent subjects and loads under way. Thread-safe.
 *
 * <p>Everything that changes what is known of a subject happens inside {@code flights.compute}, so
 * that a load and an invalidation of one subject have an order: a flight that is no longer in the
 * map when it lands stores nothing.
 */
public final class UserCache {
  private final Cache<String, Entry> users;
  private final Cache<String, Entry> absent;
  private final ConcurrentHashMap<String, Flight> flights = new ConcurrentHashMap<>();

  public UserCache(UserDirectoryConfig config, LongSupplier nanoClock) {
    Duration longest =
        config.maxStale().compareTo(config.ttl()) > 0 ? config.maxStale() : config.ttl();
    this.users = cache(config.maxEntries(), longest, nanoClock);
    // a cache of its own: a flood of invented subjects must not push real users out
    this.absent = cache(config.maxNegativeEntries(), config.negativeTtl(), nanoClock);
  }

  private static Cache<String, Entry> cache(int size, Duration longest, LongSupplier nanoClock) {
    return Caffeine.newBuilder()
        .maximumSize(size)
        // twice: the jitter may lengthen a time, and exactness is the directory's business
        .expireAfterWrite(longest.multipliedBy(2))
        .ticker(nanoClock::getAsLong)
        // upkeep on the calling thread: the common pool outlives a redeployed application
        .executor(Runnable::run)
        .build();
  }

  /** The user's entry, fresh or not, else that of an absent subject, else null. */
  public @Nullable Entry get(String subject) {
    Entry user = users.getIfPresent(subject);
    return user != null ? user : absent.getIfPresent(subject);
  }

  /**
   * The flight to wait for.
   *
   * @param mine used when no other flight is young enough
   */
  public Flight join(String subject, Flight mine, long maxAgeNanos, long now) {
    return flights.compute(
        subject,
        (key, current) -> current != null && current.isWithin(maxAgeNanos, now) ? current : mine);
  }

  public boolean isLoading(String subject) {
    return flights.containsKey(subject);
  }

  /** Ends a flight; stores its entry unless the flight was invalidated or replaced meanwhile. */
  public void land(String subject, Flight flight, @Nullable Entry entry) {
    flights.computeIfPresent(
        subject,
        (key, current) -> {
          if (current != flight) {
            return current;
          }
          if (entry != null) {
            store(subject, entry);
          }
          return null;
        });
  }

  private void store(String subject, Entry entry) {
    if (entry.user == null) {
      absent.put(subject, entry);
      users.invalidate(subject);
    } else {
      users.put(subject, entry);
      absent.invalidate(subject);
    }
  }

  public void invalidate(String subject) {
    flights.compute(
        subject,
        (key, current) -> {
          users.invalidate(subject);
          absent.invalidate(subject);
          return null;
        });
  }

  public void invalidateAll() {
    // flights first: what lands later stores nothing, what landed before is removed below
    flights.clear();
    users.invalidateAll();
    absent.invalidateAll();
  }

  public void endFlights(UserLookupUnavailableException failure) {
    for (String subject : flights.keySet()) {
      Flight flight = flights.remove(subject);
      if (flight != null) {
        flight.result.completeExceptionally(failure);
      }
    }
  }

  public long users() {
    return users.estimatedSize();
  }

  public long absent() {
    return absent.estimatedSize();
  }

  public int loading() {
    return flights.size();
  }
}
