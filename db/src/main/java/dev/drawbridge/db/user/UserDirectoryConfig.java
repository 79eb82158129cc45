package dev.drawbridge.db.user;

import static dev.drawbridge.db.internal.config.ConfigRules.atLeast;
import static dev.drawbridge.db.internal.config.ConfigRules.check;
import static dev.drawbridge.db.internal.config.ConfigRules.positive;
import static dev.drawbridge.db.internal.config.ConfigRules.range;

import dev.drawbridge.db.DbConfigException;
import dev.drawbridge.db.internal.config.ConfigRules;
import dev.drawbridge.db.internal.config.Durations;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How long a {@link UserDirectory} trusts what it read. Immutable. */
public final class UserDirectoryConfig {
  private static final int MAX_THREADS = 1_000;

  private final Builder values;

  private UserDirectoryConfig(Builder values) {
    this.values = values.copy();
  }

  /** Starts at the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** The defaults. */
  public static UserDirectoryConfig defaults() {
    return builder().build();
  }

  /**
   * Reads settings by name: {@code userCacheTtl}, {@code userCacheRefresh}, {@code
   * userCacheNegativeTtl}, {@code userCacheMaxStale}, {@code userCacheSize} and {@code
   * userLookupTimeout}.
   *
   * @param settings the text of a setting, or null when it is not set
   * @throws DbConfigException when a text cannot be read or a value breaks a rule
   */
  public static UserDirectoryConfig from(Function<String, @Nullable String> settings) {
    Builder builder = builder();
    duration(settings, "userCacheTtl", builder::ttl);
    duration(settings, "userCacheRefresh", builder::refreshAfter);
    duration(settings, "userCacheNegativeTtl", builder::negativeTtl);
    duration(settings, "userCacheMaxStale", builder::maxStale);
    duration(settings, "userLookupTimeout", builder::lookupTimeout);
    String size = settings.apply("userCacheSize");
    if (size != null && !size.isBlank()) {
      try {
        builder.maxEntries(Integer.parseInt(size.strip()));
      } catch (NumberFormatException e) {
        throw new DbConfigException("userCacheSize must be a whole number: " + size, null);
      }
    }
    return builder.build();
  }

  private static void duration(
      Function<String, @Nullable String> settings, String name, Consumer<Duration> use) {
    String value = settings.apply(name);
    if (value != null && !value.isBlank()) {
      use.accept(Durations.parse(name, value));
    }
  }

  /** Age up to which a user is returned without a thought; half the ttl unless given. */
  public Duration refreshAfter() {
    return values.refreshAfter == null ? ttl().dividedBy(2) : values.refreshAfter;
  }

  /** Age from which a caller waits for a new read. */
  public Duration ttl() {
    return values.ttl;
  }

  /** How long "no such user" is believed. */
  public Duration negativeTtl() {
    return values.negativeTtl;
  }

  /** Age up to which a user is returned while the source is away; zero to fail closed. */
  public Duration maxStale() {
    return values.maxStale;
  }

  /** How long after a failed reload the next one is tried. */
  public Duration retryAfter() {
    return values.retryAfter;
  }

  /** How long a caller waits at most. */
  public Duration lookupTimeout() {
    return values.lookupTimeout;
  }

  /** Users kept. */
  public int maxEntries() {
    return values.maxEntries;
  }

  /** Absent subjects kept. */
  public int maxNegativeEntries() {
    return values.maxNegativeEntries;
  }

  /** Threads that load. */
  public int loaderThreads() {
    return values.loaderThreads;
  }

  /** Subjects that may wait for a thread. */
  public int maxQueuedLoads() {
    return values.maxQueuedLoads;
  }

  /** Collects the values of a {@link UserDirectoryConfig}. Not thread-safe. */
  public static final class Builder {
    private @Nullable Duration refreshAfter;
    private Duration ttl = Duration.ofSeconds(60);
    private Duration negativeTtl = Duration.ofSeconds(5);
    private Duration maxStale = Duration.ofMinutes(5);
    private Duration retryAfter = Duration.ofSeconds(1);
    private Duration lookupTimeout = Duration.ofSeconds(2);
    private int maxEntries = 100_000;
    private int maxNegativeEntries = 10_000;
    private int loaderThreads = 4;
    private int maxQueuedLoads = 10_000;

    private Builder() {}

    private Builder copy() {
      Builder copy = new Builder();
      copy.refreshAfter = refreshAfter;
      copy.ttl = ttl;
      copy.negativeTtl = negativeTtl;
      copy.maxStale = maxStale;
      copy.retryAfter = retryAfter;
      copy.lookupTimeout = lookupTimeout;
      copy.maxEntries = maxEntries;
      copy.maxNegativeEntries = maxNegativeEntries;
      copy.loaderThreads = loaderThreads;
      copy.maxQueuedLoads = maxQueuedLoads;
      return copy;
    }

    /** Age up to which a user is returned without a thought; half the ttl unless given. */
    public Builder refreshAfter(Duration value) {
      refreshAfter = value;
      return this;
    }

    /** Age from which a caller waits for a new read; 60 s. */
    public Builder ttl(Duration value) {
      ttl = value;
      return this;
    }

    /** How long "no such user" is believed; 5 s, zero to ask every time. */
    public Builder negativeTtl(Duration value) {
      negativeTtl = value;
      return this;
    }

    /** Age up to which a user is returned while the source is away; 5 min, zero to fail closed. */
    public Builder maxStale(Duration value) {
      maxStale = value;
      return this;
    }

    /** How long after a failed reload the next one is tried; 1 s. */
    public Builder retryAfter(Duration value) {
      retryAfter = value;
      return this;
    }

    /** How long a caller waits at most; 2 s. */
    public Builder lookupTimeout(Duration value) {
      lookupTimeout = value;
      return this;
    }

    /** Users kept; 100 000. */
    public Builder maxEntries(int value) {
      maxEntries = value;
      return this;
    }

    /** Absent subjects kept; 10 000. They never push users out. */
    public Builder maxNegativeEntries(int value) {
      maxNegativeEntries = value;
      return this;
    }

    /**
     * Threads that load, 1 to 1000; 4. Keep it below the pool's size, so that logins cannot drain
     * it.
     */
    public Builder loaderThreads(int value) {
      loaderThreads = value;
      return this;
    }

    /**
     * Subjects that may wait for a thread; 10 000. Who waits longer than the lookup time-out fails.
     */
    public Builder maxQueuedLoads(int value) {
      maxQueuedLoads = value;
      return this;
    }

    /**
     * Checks all rules. No time may be longer than {@link ConfigRules#LONGEST}.
     *
     * @throws DbConfigException naming the value
     */
    public UserDirectoryConfig build() {
      positive("ttl", ttl);
      atLeast("negativeTtl", negativeTtl, Duration.ZERO);
      positive("retryAfter", retryAfter);
      positive("lookupTimeout", lookupTimeout);
      atLeast("maxStale", maxStale, Duration.ZERO);
      if (refreshAfter != null) {
        positive("refreshAfter", refreshAfter);
        check(
            refreshAfter.compareTo(ttl) <= 0,
            "refreshAfter (" + refreshAfter + ") must be <= ttl (" + ttl + ")");
      }
      range("maxEntries", maxEntries, 1, Integer.MAX_VALUE);
      range("maxNegativeEntries", maxNegativeEntries, 1, Integer.MAX_VALUE);
      range("loaderThreads", loaderThreads, 1, MAX_THREADS);
      range("maxQueuedLoads", maxQueuedLoads, 1, Integer.MAX_VALUE);
      return new UserDirectoryConfig(this);
    }
  }
}
