package dev.drawbridge.bench;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A user who is in the cache, among ten thousand others; one thread. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class CachedLookupBenchmark {
  private static final int USERS = 10_000;

  private UserDirectory users;

  /** Loads everybody once. */
  @Setup
  public void open() {
    UserDirectoryConfig config = UserDirectoryConfig.builder().ttl(Duration.ofHours(1)).build();
    users =
        UserDirectory.of(
            subject -> Optional.of(User.of(subject, "User " + subject, Set.of("user"))), config);
    for (int i = 0; i < USERS; i++) {
      users.find("user-" + i);
    }
  }

  /** Stops the loading threads. */
  @TearDown
  public void close() {
    users.close();
  }

  /** The handshake's lookup when the user is known. */
  @Benchmark
  public Lookup hit() {
    return users.find("user-500");
  }
}
