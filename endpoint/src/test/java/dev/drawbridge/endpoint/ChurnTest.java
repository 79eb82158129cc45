package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.internal.connection.Credential;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.server.ConnectionIndex;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.jwt.Handshake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What happens at once: coming and going, sending, new tokens, new users, stops, clocks that fail.
 */
class ChurnTest {
  private static TestServer.Setup setup() {
    return TestServer.setup()
        .set("drawbridge.heartbeat.interval", "1s")
        .set("drawbridge.heartbeat.grace", "1s")
        .set("drawbridge.connections.per.user", "0");
  }

  private static ServerConnection link(TestServer server) {
    return server.connections().links().iterator().next();
  }

  @Test
  void sendsToAUserWhoseConnectionsComeAndGoAllEndAndNothingIsLeft() {
    AtomicInteger opened = new AtomicInteger();
    AtomicInteger closed = new AtomicInteger();
    try (TestServer server =
        setup()
            .endpoint(
                endpoint ->
                    endpoint
                        .onOpen(connection -> opened.incrementAndGet())
                        .onClose(connection -> closed.incrementAndGet()))
            .start()) {
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger asked = new AtomicInteger();
      AtomicInteger ended = new AtomicInteger();
      CompletableFuture<Void> sender =
          CompletableFuture.runAsync(
              () -> {
                while (!over.get()) {
                  for (Connections.Recipients to :
                      new Connections.Recipients[] {
                        server.connections().forUser("alice"), server.connections().all()
                      }) {
                    asked.incrementAndGet();
                    CompletionStage<Connections.Delivery> counted =
                        to.send("news", 1)
                            .whenComplete((delivery, failure) -> ended.incrementAndGet());
                    assertThat(counted).isNotNull();
                  }
                  java.util.concurrent.locks.LockSupport.parkNanos(100_000);
                }
              });
      CompletableFuture<?>[] visitors = new CompletableFuture<?>[4];
      for (int t = 0; t < visitors.length; t++) {
        boolean resets = t % 2 == 0;
        visitors[t] = CompletableFuture.runAsync(() -> visit(server, resets));
      }
      CompletableFuture.allOf(visitors).join();
      over.set(true);
      sender.join();

      TestServer.await("every send has ended", () -> ended.get() == asked.get());
      TestServer.await("nothing is left", () -> server.connections().isEmpty());
      assertThat(server.connections().forUser("alice").size()).isZero();
      TestServer.await("every end is told", () -> closed.get() == opened.get());
      assertThat(opened.get()).isEqualTo(100);
    }
  }

  private static void visit(TestServer server, boolean resets) {
    for (int i = 0; i < 25; i++) {
      try (RawSocket socket = RawSocket.open(server, "alice")) {
        socket.socket().setSoLinger(resets, 0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void connectionThatEndsWhileItIsBeingIndexedIsInNoIndex() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      ConnectionIndex connections = new ConnectionIndex();
      ServerConnection link = link(server);

      // The end comes between the two indexes, and once more after both.
      connections.add(link);
      connections.remove(link);
      connections.remove(link);
      assertThat(connections.isEmpty()).isTrue();
      client.leave();
    }
  }

  @Test
  void newTokenAndNewUserAtOnceAreBothKept() {
    try (TestServer server = setup().start()) {
      // One that nobody watches: its user is changed by this test alone.
      User alice = User.of("alice", "Alice", Set.of());
      Instant now = Instant.now();
      Handshake handshake =
          new Handshake(
              alice, null, now, now.plusSeconds(600), Set.of(), null, "a", "authorization");
      Place place = server.core().admission().take("alice", "127.0.0.1");
      ServerConnection link =
          new ServerConnection(
              server.core(), handshake, HandshakeFacts.of(null, Map.of()), place, null);
      Instant later = link.credential().expiresAt().plusSeconds(600);
      User changed = User.of("alice", "Alice the Second", Set.of("admin"));
      AtomicBoolean first = new AtomicBoolean(true);

      // The look at the user finds that a token has come in the meantime.
      link.credential(
          present -> {
            if (first.getAndSet(false)) {
              assertThat(link.renew(credential(present.user(), later))).isTrue();
            }
            return present.withUser(changed);
          });

      assertThat(link.credential().expiresAt()).isEqualTo(later);
      assertThat(link.credential().user()).isEqualTo(changed);
      assertThat(link.renew(credential(changed, later))).isFalse();
      place.release();
    }
  }

  private static Credential credential(User user, Instant expiresAt) {
    Instant now = Instant.now();
    return Credential.of(
        new Handshake(user, null, now, expiresAt, Set.of(), null, "a", "authorization"), now);
  }

  @Test
  void drainThatIsOvertakenByAStopEnds() throws Exception {
    TestServer server = setup().start();
    RecordingClient client = server.connect("alice");
    CompletableFuture<Void> drained =
        server.connections().drain().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS);
    Connections connections = server.connections();
    server.context().stop();

    drained.join();
    assertThat(connections.drain().toCompletableFuture()).isDone();
    client.abort();
    server.jetty().stop();
    server.directory().close();
    TestServer other = setup().start();
    Connections never = other.connections();
    other.close();
    // Also when it is asked for only after the stop.
    assertThat(never.drain().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(1));
  }

  @Test
  void clockThatFailsStopsNoHeartbeat() {
    AtomicInteger failures = new AtomicInteger();
    ManualClock real = new ManualClock();
    Clock clock =
        new Clock() {
          @Override
          public Instant instant() {
            if (Thread.currentThread().getName().equals("drawbridge-timer")
                && failures.getAndDecrement() > 0) {
              throw new IllegalStateException("no time");
            }
            return real.instant();
          }

          @Override
          public java.time.ZoneId getZone() {
            return real.getZone();
          }

          @Override
          public Clock withZone(java.time.ZoneId zone) {
            return this;
          }
        };
    try (TestServer server = setup().clock(clock).start();
        RecordingClient client =
            RecordingClient.connect(
                server.uri(),
                options -> options.token(TestServer.TOKENS.of("alice")).recordPings())) {
      client.expect("welcome");
      failures.set(3);
      TestServer.await("the clock has failed", () -> failures.get() <= 0);

      Frame ping = client.expect("ping");

      assertThat(ping.data().path("t").asLong()).isPositive();
      client.leave();
    }
  }
}
