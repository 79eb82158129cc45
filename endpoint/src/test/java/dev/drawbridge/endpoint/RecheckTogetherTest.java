package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** Connections whose users are due in one round of the timer ask for them together. */
class RecheckTogetherTest {
  private final TestUsers users = new TestUsers();
  private final Queue<Integer> asked = new ConcurrentLinkedQueue<>();

  private final UserSource source =
      new UserSource() {
        @Override
        public Optional<User> load(String subject) {
          asked.add(1);
          return users.load(subject);
        }

        @Override
        public Map<String, User> loadAll(Collection<String> subjects) {
          asked.add(subjects.size());
          return users.loadAll(subjects);
        }

        @Override
        public int batchSize() {
          return 200;
        }
      };

  @Test
  void thoseWhoAreDueAreAskedForTogetherAndEachLearnsOfItself() throws Exception {
    try (TestServer server =
        TestServer.setup()
            .set("drawbridge.heartbeat.interval", "10m")
            .set("drawbridge.heartbeat.grace", "10m")
            // Nobody is known for long: each look asks.
            .directory(
                UserDirectory.of(
                    source,
                    UserDirectoryConfig.builder()
                        .ttl(Duration.ofMillis(1))
                        .refreshAfter(Duration.ofMillis(1))
                        .build()))
            .start()) {
      List<RecordingClient> clients = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        clients.add(server.connect("crowd-" + i));
      }
      clients.add(server.connect("crowd-1"));
      TestServer.await("all are open", () -> server.connections().links().size() == 11);
      for (ServerConnection link : server.connections().links()) {
        TestServer.await("the welcome is written", () -> link.pending() == 0);
      }
      asked.clear();
      users.put(User.builder("crowd-3").displayName("Crowd").status(User.Status.SUSPENDED).build());
      long later = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      for (ServerConnection link : server.connections().links()) {
        Objects.requireNonNull(link.monitor()).tick(later, Instant.now());
      }

      server.core().rechecks().ask();

      clients.get(3).expectClose(4403);
      // Once for all; whoever was looked up less than a millisecond ago need not be asked for.
      assertThat(asked).singleElement(InstanceOfAssertFactories.INTEGER).isBetween(9, 10);
      clients.remove(3).close();
      for (RecordingClient client : clients) {
        assertThat(client.request("ping", null).type()).isEqualTo("pong");
        client.leave();
      }
    }
  }
}
