package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.drawbridge.db.DbUnavailableException;
import dev.drawbridge.db.user.UserLookupUnavailableException.Reason;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;

/** A directory over a source and a clock that only move when told. */
abstract class UserDirectoryFixture {

  final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);
  final ControlledSource source = new ControlledSource();
  UserDirectory users = directory(config());

  static RuntimeException outage() {
    return new DbUnavailableException("away", null);
  }

  static UserDirectoryConfig.Builder config() {
    return UserDirectoryConfig.builder()
        .refreshAfter(Duration.ofSeconds(30))
        .ttl(Duration.ofSeconds(60))
        .negativeTtl(Duration.ofSeconds(5))
        .maxStale(Duration.ofSeconds(300))
        .retryAfter(Duration.ofSeconds(1))
        .lookupTimeout(Duration.ofSeconds(10));
  }

  /** Random 0.5 means no jitter. */
  UserDirectory directory(UserDirectoryConfig.Builder config) {
    return new UserDirectory(source, config.build(), nanos::get, () -> 0.5);
  }

  @AfterEach
  void close() {
    if (source.gate != null) {
      source.gate.countDown();
    }
    users.close();
  }

  void pass(long seconds) {
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  Reason refusal(String subject) {
    return catchThrowableOfType(UserLookupUnavailableException.class, () -> users.find(subject))
        .reason();
  }
}
