package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.lang.reflect.Constructor;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A change of a user is seen within 60 s, whatever the cache is told to remember. */
class RecheckTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final TestUsers users = new TestUsers();
  private final AtomicLong passed = new AtomicLong();

  /** One whose time a test lets pass. */
  private UserDirectory directory(Duration ttl, Duration refreshAfter) throws Exception {
    Constructor<UserDirectory> constructor =
        UserDirectory.class.getDeclaredConstructor(
            UserSource.class, UserDirectoryConfig.class, LongSupplier.class, DoubleSupplier.class);
    constructor.setAccessible(true);
    return constructor.newInstance(
        users,
        UserDirectoryConfig.builder().ttl(ttl).refreshAfter(refreshAfter).build(),
        (LongSupplier) () -> System.nanoTime() + passed.get(),
        (DoubleSupplier) () -> 0.5);
  }

  @ParameterizedTest
  @CsvSource({"PT1H,PT30M", "PT10M,PT5M", "PT60S,PT30S", "PT5S,PT1S"})
  void userWhoWasDisabledIsClosedWithinSixtySeconds(Duration ttl, Duration refreshAfter)
      throws Exception {
    try (TestServer server =
            TestServer.setup()
                .set("drawbridge.heartbeat.interval", "10m")
                .set("drawbridge.heartbeat.grace", "10m")
                .directory(directory(ttl, refreshAfter))
                .start();
        RecordingClient client = server.connect("alice")) {
      ServerConnection link = server.connections().links().iterator().next();
      ConnectionMonitor guard = link.monitor();
      TestServer.await("the welcome is written", () -> link.pending() == 0);
      long opened = System.nanoTime();
      int loads = users.loads();
      users.put(User.builder("alice").displayName("Alice").status(User.Status.SUSPENDED).build());

      // The timer, second by second; a look is answered by another thread.
      for (int second = 1; second <= 58; second++) {
        passed.set(second * SECOND);
        guard.tick(opened + second * SECOND, Instant.now());
      }

      TestServer.await("the user is read again", () -> users.loads() > loads);
      TestServer.await(
          "the look is judged",
          () -> {
            guard.tick(opened + 60 * SECOND, Instant.now());
            return !link.isOpen();
          });
      assertThat(client.expectClose(4403).reason()).isEqualTo("user_disabled");
    }
  }

  @Test
  void everyLookIsFollowedByAnotherWithinFiftyFiveSecondsOfWhatItSaw() {
    for (int age = 0; age <= 45; age++) {
      Duration seen = Duration.ofSeconds(age);
      long pause = ConnectionMonitor.pauseNanos(seen, bound -> 0);

      assertThat(pause + age * SECOND).isLessThanOrEqualTo(55 * SECOND);
      assertThat(ConnectionMonitor.pauseNanos(seen, bound -> bound))
          .isGreaterThanOrEqualTo(2 * SECOND);
    }
  }
}
