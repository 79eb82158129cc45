package dev.drawbridge.endpoint.internal.metrics;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbMetrics;
import dev.drawbridge.db.user.UserDirectoryStats;
import dev.drawbridge.filters.jwt.token.TokenCacheStats;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The caches of tokens and users and the pool under them, read when somebody asks. Micrometer's own
 * binders would want the pool and the cache themselves, which {@code db} keeps to itself.
 * Thread-safe.
 */
final class UserGauges {
  private static final Logger log = LoggerFactory.getLogger(UserGauges.class);

  private final MicrometerMetrics metrics;
  private final DrawbridgeRuntime runtime;

  UserGauges(MicrometerMetrics metrics, DrawbridgeRuntime runtime) {
    this.metrics = metrics;
    this.runtime = runtime;
  }

  void register() {
    lookups("hit", UserDirectoryStats::hits);
    lookups("load", UserDirectoryStats::loads);
    lookups("load_failure", UserDirectoryStats::loadFailures);
    lookups("stale", UserDirectoryStats::staleAnswers);
    lookups("unavailable", UserDirectoryStats::unavailable);
    cached("user", UserDirectoryStats::users);
    cached("absent", UserDirectoryStats::absent);
    gauge(
        "drawbridge.users.loading",
        "Lookups under way",
        users -> users.of(UserDirectoryStats::loading));
    tokens("hit", TokenCacheStats::hits);
    tokens("miss", TokenCacheStats::misses);
    gauge(
        "drawbridge.token.cache.size",
        "Verified tokens that are remembered",
        users -> users.ofTokens(TokenCacheStats::size));
    connections("active", DbMetrics::active);
    connections("idle", DbMetrics::idle);
    gauge(
        "drawbridge.db.connections.max",
        "The size of the pool",
        users -> users.ofDatabase(DbMetrics::max));
    gauge(
        "drawbridge.db.connections.pending",
        "Threads that wait for a connection",
        users -> users.ofDatabase(DbMetrics::waiting));
    failures("busy", DbMetrics::busy);
    failures("unavailable", DbMetrics::unavailable);
    failures("leak", DbMetrics::leaks);
    metrics.add(
        tags ->
            FunctionTimer.builder(
                        "drawbridge.db.acquire",
                        this,
                        users -> (long) users.ofDatabase(DbMetrics::acquired),
                        users -> users.ofDatabase(all -> all.acquireTime().toNanos()),
                        TimeUnit.NANOSECONDS)
                    .description("Time to get a connection of the pool")
                    .tags(tags)
                ::register);
  }

  private void lookups(String result, ToDoubleFunction<UserDirectoryStats> value) {
    metrics.add(
        tags ->
            FunctionCounter.builder("drawbridge.users.lookups", this, users -> users.of(value))
                    .description("Lookups of users, by where the answer came from")
                    .tags(tags)
                    .tag("result", result)
                ::register);
  }

  private void tokens(String result, ToDoubleFunction<TokenCacheStats> value) {
    metrics.add(
        tags ->
            FunctionCounter.builder(
                        "drawbridge.token.cache.gets", this, users -> users.ofTokens(value))
                    .description("Tokens that were known to be good, and those that were not")
                    .tags(tags)
                    .tag("result", result)
                ::register);
  }

  private void cached(String kind, ToDoubleFunction<UserDirectoryStats> value) {
    metrics.add(
        tags ->
            Gauge.builder("drawbridge.users.cached", this, users -> users.of(value))
                    .description("Users and absent subjects that are remembered")
                    .tags(tags)
                    .tag("kind", kind)
                    .strongReference(true)
                ::register);
  }

  private void connections(String state, ToDoubleFunction<DbMetrics> value) {
    metrics.add(
        tags ->
            Gauge.builder("drawbridge.db.connections", this, users -> users.ofDatabase(value))
                    .description("Connections of the pool")
                    .tags(tags)
                    .tag("state", state)
                    .strongReference(true)
                ::register);
  }

  private void failures(String cause, ToDoubleFunction<DbMetrics> value) {
    metrics.add(
        tags ->
            FunctionCounter.builder(
                        "drawbridge.db.failures", this, users -> users.ofDatabase(value))
                    .description("Callers turned away, hang-ups of the database, leaked sessions")
                    .tags(tags)
                    .tag("cause", cause)
                ::register);
  }

  private void gauge(String name, String description, ToDoubleFunction<UserGauges> value) {
    metrics.add(
        tags ->
            Gauge.builder(name, this, value)
                    .description(description)
                    .tags(tags)
                    .strongReference(true)
                ::register);
  }

  /** 0 when there are no users to ask for, as in an application that is stopping. */
  private double of(ToDoubleFunction<UserDirectoryStats> value) {
    try {
      return value.applyAsDouble(runtime.users().stats());
    } catch (RuntimeException e) {
      log.debug("no figures of users", e);
      return 0;
    }
  }

  private double ofTokens(ToDoubleFunction<TokenCacheStats> value) {
    try {
      return value.applyAsDouble(runtime.authenticator().tokenCache());
    } catch (RuntimeException e) {
      log.debug("no figures of tokens", e);
      return 0;
    }
  }

  /** 0 without a database, or for what is not known of a pool that is not ours. */
  private double ofDatabase(ToDoubleFunction<DbMetrics> value) {
    try {
      Database database = runtime.database();
      return database == null ? 0 : Math.max(0, value.applyAsDouble(database.metrics()));
    } catch (RuntimeException e) {
      log.debug("no figures of a database", e);
      return 0;
    }
  }
}
