package dev.drawbridge.filters.jwt.authentication;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Counts the failed handshakes of each address in windows of a minute. Thread-safe; holds at most
 * {@value #MAX_ADDRESSES} addresses, whatever comes.
 *
 * <p>It is asked only after an attempt has failed: a good token always passes, because everyone
 * behind one proxy shares an address. A request beside the handshake, such as that of a client
 * which asks why it was refused, gets the same answer without being counted.
 */
public final class FailureLimiter {

  /** Addresses remembered at most: {@value}. */
  static final int MAX_ADDRESSES = 10_000;

  private static final Duration WINDOW = Duration.ofMinutes(1);

  /**
   * How an address stands after a failure.
   *
   * @param limit failures in a minute that are answered as what they are
   * @param current those of this minute
   * @param waitSeconds 0 within the limit, else the time until the window ends, 1 to 60
   */
  public record Standing(int limit, int current, int waitSeconds) {
    private static final Standing UNLIMITED = new Standing(0, 0, 0);

    public boolean isOver() {
      return waitSeconds > 0;
    }
  }

  /** The failures of one address since the window's start. */
  private record Window(long startedAt, int failures) {}

  private final int limit;
  private final LongSupplier nanoTime;
  private final Cache<String, Window> windows;

  /**
   * Makes a limiter.
   *
   * @param limit failures in a minute that are answered as what they are; 0 for no limit
   */
  FailureLimiter(int limit, LongSupplier nanoTime) {
    this(
        limit,
        nanoTime,
        Caffeine.newBuilder()
            .maximumSize(MAX_ADDRESSES)
            .expireAfterWrite(WINDOW)
            .ticker(nanoTime::getAsLong)
            .build());
  }

  private FailureLimiter(int limit, LongSupplier nanoTime, Cache<String, Window> windows) {
    this.limit = limit;
    this.nanoTime = nanoTime;
    this.windows = windows;
  }

  /** The same counts with another limit. */
  FailureLimiter withLimit(int other) {
    return other == limit ? this : new FailureLimiter(other, nanoTime, windows);
  }

  /** Counts a failed handshake. */
  public Standing failed(String address) {
    if (limit == 0) {
      return Standing.UNLIMITED;
    }
    long now = nanoTime.getAsLong();
    Window window =
        windows
            .asMap()
            .compute(
                network(address),
                (key, old) ->
                    old == null || now - old.startedAt() >= WINDOW.toNanos()
                        ? new Window(now, 1)
                        : new Window(
                            old.startedAt(), Math.min(Integer.MAX_VALUE - 1, old.failures()) + 1));
    return standing(window, now);
  }

  /** How an address stands, without counting anything. */
  public Standing look(String address) {
    if (limit == 0) {
      return Standing.UNLIMITED;
    }
    long now = nanoTime.getAsLong();
    Window window = windows.getIfPresent(network(address));
    return window == null || now - window.startedAt() >= WINDOW.toNanos()
        ? new Standing(limit, 0, 0)
        : standing(window, now);
  }

  private Standing standing(Window window, long now) {
    long left = WINDOW.toNanos() - (now - window.startedAt());
    int wait =
        window.failures() <= limit ? 0 : (int) Math.max(1, TimeUnit.NANOSECONDS.toSeconds(left));
    return new Standing(limit, window.failures(), wait);
  }

  /** Addresses remembered, for tests. */
  long size() {
    windows.cleanUp();
    return windows.estimatedSize();
  }

  /** One subscriber of IPv6 has 2^64 addresses or more: the first four groups stand for all. */
  static String network(String address) {
    String text = address.startsWith("[") ? address.substring(1) : address;
    if (text.indexOf(':') < 0 || text.indexOf('.') >= 0) {
      return text;
    }
    int end = text.indexOf("::");
    String[] groups = (end < 0 ? text : text.substring(0, end)).split(":", -1);
    StringBuilder network = new StringBuilder();
    for (int i = 0; i < Math.min(4, groups.length); i++) {
      network.append(groups[i]).append(':');
    }
    return network.append(":/64").toString();
  }
}
