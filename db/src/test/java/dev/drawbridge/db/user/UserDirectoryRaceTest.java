package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Invalidation against loads on real threads, many thousand times. */
class UserDirectoryRaceTest {
  private static final int ROUNDS = 20_000;

  @Test
  void noLookupAfterAnInvalidationSeesWhatWasBefore() throws Exception {
    AtomicLong version = new AtomicLong();
    UserSource source =
        subject -> {
          long read = version.get();
          Thread.onSpinWait();
          return Optional.of(User.of(subject, Long.toString(read), java.util.Set.of()));
        };
    AtomicBoolean done = new AtomicBoolean();
    ExecutorService readers = Executors.newFixedThreadPool(3);
    try (UserDirectory users = UserDirectory.of(source, UserDirectoryConfig.defaults())) {
      List<CompletableFuture<Void>> reading = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        reading.add(
            CompletableFuture.runAsync(
                () -> {
                  while (!done.get()) {
                    long before = version.get();
                    // everything up to "before" was followed by its invalidation, but the last
                    assertThat(seen(users)).isGreaterThanOrEqualTo(before - 1);
                  }
                },
                readers));
      }
      for (int round = 0; round < ROUNDS; round++) {
        long written = version.incrementAndGet();
        if (round % 16 == 0) {
          users.invalidateAll();
        } else {
          users.invalidate("alice");
        }
        assertThat(seen(users)).isGreaterThanOrEqualTo(written);
      }
      done.set(true);
      for (CompletableFuture<Void> reader : reading) {
        reader.get(10, TimeUnit.SECONDS);
      }
    } finally {
      done.set(true);
      readers.shutdownNow();
    }
  }

  private static long seen(UserDirectory users) {
    return Long.parseLong(users.find("alice").user().orElseThrow().displayName());
  }

  @Test
  void freshLookupsAlwaysSeeTheNewest() {
    AtomicLong version = new AtomicLong();
    UserSource source =
        subject -> Optional.of(User.of(subject, version.get() + "", java.util.Set.of()));
    try (UserDirectory users = UserDirectory.of(source, UserDirectoryConfig.defaults())) {
      for (int round = 0; round < 2_000; round++) {
        long written = version.incrementAndGet();
        var parallel = users.findAsync("alice");
        Lookup fresh = users.find("alice", Duration.ZERO);
        assertThat(fresh.user().orElseThrow().displayName()).isEqualTo(written + "");
        assertThat(parallel.toCompletableFuture().join().user()).isPresent();
      }
    }
  }
}
