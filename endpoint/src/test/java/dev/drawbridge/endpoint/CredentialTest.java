package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.Credential;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.testing.TestClock;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section 9 of PROTOCOL.md: expiry, revocation and newer tokens on an open connection. */
class CredentialTest {
  private static TestServer.Setup setup() {
    // Short ticks: the timer follows the heartbeat.
    return TestServer.setup()
        .set("drawbridge.heartbeat.interval", "1s")
        .set("drawbridge.heartbeat.grace", "1s");
  }

  @Test
  void silentListenerIsWarnedAndThenClosed() {
    TestClock clock = TestClock.running();
    try (TestServer server = setup().clock(clock).start()) {
      TestTokens tokens =
          new TestTokens(TestTokens.SECRET, TestTokens.ISSUER, TestTokens.AUDIENCE, clock);
      try (RecordingClient client =
          RecordingClient.connect(server.uri(), tokens.of("alice", Duration.ofMinutes(10)))) {
        clock.jump(Duration.ofMinutes(9));
        Frame warning = client.expect("auth.expiring");
        assertThat(warning.data().path("expiresAt").asLong())
            .isEqualTo(server.connections().list().get(0).tokenExpiresAt().toEpochMilli());

        // At the expiry itself the leeway of 30 s still runs.
        clock.jump(Duration.ofSeconds(75));
        client.send("ping", "p", null);
        client.expect("pong");

        clock.jump(Duration.ofSeconds(20));
        assertThat(client.expectClose(4401).reason()).isEqualTo("token_expired");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "100000, 20000",
    "4, 0",
    "299999, 59999",
    "300000, 60000",
    "600000, 60000",
    "0, 0",
    "-5000, 0",
    "315360000000000, 60000"
  })
  void shortTokenIsWarnedAtAFifthOfItsLife(long lifeMillis, long warningMillis) {
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    Credential credential =
        Credential.of(
            new dev.drawbridge.filters.jwt.Handshake(
                User.of("alice", "Alice", Set.of()),
                null,
                now,
                now.plusMillis(lifeMillis),
                Set.of(),
                null,
                "a",
                "authorization"),
            now);

    assertThat(credential.warnAt()).isEqualTo(now.plusMillis(lifeMillis - warningMillis));
  }

  @Test
  void newerTokenKeepsTheConnection() {
    TestClock clock = TestClock.running();
    try (TestServer server = setup().clock(clock).start()) {
      TestTokens tokens =
          new TestTokens(TestTokens.SECRET, TestTokens.ISSUER, TestTokens.AUDIENCE, clock);
      try (RecordingClient client =
          RecordingClient.connect(server.uri(), tokens.of("alice", Duration.ofMinutes(10)))) {
        clock.jump(Duration.ofMinutes(9));
        client.expect("auth.expiring");

        Frame ack = client.request("auth", Map.of("token", tokens.of("alice")));
        clock.jump(Duration.ofMinutes(10));
        client.send("ping", "p", null);

        assertThat(ack.type()).isEqualTo("ack");
        assertThat(ack.data().path("tokenExpiresAt").asLong())
            .isEqualTo(server.connections().list().get(0).tokenExpiresAt().toEpochMilli());
        client.expect("pong");
        // The second within ten seconds.
        Frame limited = client.request("auth", Map.of("token", tokens.of("alice")));
        assertThat(limited.errorCode()).isEqualTo("rate_limited");
        assertThat(limited.json().at("/error/retryAfterMs").asLong()).isBetween(1L, 10_001L);
        assertThat(limited.json().at("/error/retryable").asBoolean()).isTrue();
        client.leave();
      }
    }
  }

  @Test
  void refusedTokenLeavesTheOldOneInUse() {
    try (TestServer server = setup().start()) {
      try (RecordingClient client = server.connect("alice")) {
        Frame error =
            client.request(
                "auth", Map.of("token", TestServer.TOKENS.of("alice", Duration.ofHours(-1))));

        assertThat(error.errorCode()).isEqualTo("token_expired");
        assertThat(error.json().at("/error/action").asText()).isEqualTo("refresh_token");
        client.send("ping", "p", null);
        client.expect("pong");
        client.leave();
      }
      try (RecordingClient client = server.connect("alice")) {
        Frame error =
            client.request(
                "auth", Map.of("token", TestServer.TOKENS.of("alice", Duration.ofMinutes(5))));
        assertThat(error.errorCode()).isEqualTo("token_not_newer");
        client.leave();
      }
    }
  }

  @Test
  void tokenOfAnotherUserCloses() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      Frame error =
          client.request("auth", Map.of("token", TestServer.TOKENS.of("bob", Duration.ofHours(2))));

      assertThat(error.errorCode()).isEqualTo("principal_changed");
      assertThat(client.expectClose(4403).reason()).isEqualTo("principal_changed");
    }
  }

  @Test
  void authOfADisabledUserCloses() {
    try (TestServer server = setup().start()) {
      // Known already, so that the check after the registration asks nobody.
      server.directory().find("alice");
      try (RecordingClient client = server.connect("alice")) {
        // An answer comes after the check that follows the welcome.
        assertThat(client.request("ping", Map.of("t", 1)).type()).isEqualTo("pong");
        server.users().put(suspended("alice"));
        // The directory forgets, but tells nobody: the connection learns it from its own auth.
        ServerConnection link = link(server);
        server.core().connections().remove(link);
        server.directory().invalidate("alice");

        Frame error =
            client.request(
                "auth", Map.of("token", TestServer.TOKENS.of("alice", Duration.ofHours(2))));
        server.core().connections().add(link);

        assertThat(error.errorCode()).isEqualTo("user_disabled");
        assertThat(client.expectClose(4403).reason()).isEqualTo("user_disabled");
      }
    }
  }

  private static ServerConnection link(TestServer server) {
    return server.connections().links().iterator().next();
  }

  private static User suspended(String subject) {
    return User.builder(subject).displayName(subject).status(User.Status.SUSPENDED).build();
  }

  @Test
  void invalidatedUserIsClosedAtOnce() {
    try (TestServer server = setup().start();
        RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob");
        RecordingClient carol = server.connect("carol")) {
      server.users().put(suspended("alice"));
      server.directory().invalidate("alice");
      assertThat(alice.expectClose(4403).reason()).isEqualTo("user_disabled");

      server.users().remove("bob");
      server.directory().invalidateAll();
      assertThat(bob.expectClose(4403).reason()).isEqualTo("user_not_found");

      server
          .users()
          .put(
              User.builder("carol")
                  .displayName("Carol")
                  .tokensValidFrom(Clock.systemUTC().instant().plusSeconds(5))
                  .build());
      server.directory().invalidate("carol");
      assertThat(carol.expectClose(4401).reason()).isEqualTo("token_revoked");
    }
  }

  @Test
  void userIsCheckedAgainWithinAMinuteEvenIfNobodyTells() {
    try (TestServer server =
            TestServer.setup().set("drawbridge.heartbeat.interval", "10m").start();
        RecordingClient client = server.connect("alice")) {
      assertThat(client.request("ping", Map.of("t", 1)).type()).isEqualTo("pong");
      ServerConnection link = link(server);
      server.users().put(suspended("alice"));
      // The directory forgets, but tells nobody.
      server.core().connections().remove(link);
      server.directory().invalidate("alice");
      int loads = server.users().loads();
      long now = System.nanoTime();

      // At the client, but for the server perhaps still on its way: 40 s later that were too slow.
      TestServer.await("the first pong is written", () -> link.pending() == 0);
      link.tick(now + Duration.ofSeconds(40).toNanos(), Instant.now());
      client.send("ping", "p", null);
      client.expect("pong");
      assertThat(server.users().loads()).isEqualTo(loads);

      TestServer.await("the second pong is written", () -> link.pending() == 0);
      link.tick(now + ConnectionMonitor.RECHECK_NANOS, Instant.now());
      server.core().connections().add(link);
      assertThat(client.expectClose(4403).reason()).isEqualTo("user_disabled");
    }
  }

  @Test
  void tokenOfTheSameExpiryIsNotNewer() {
    try (TestServer server = setup().start()) {
      String token = TestServer.TOKENS.of("alice");
      try (RecordingClient client = RecordingClient.connect(server.uri(), token)) {
        Frame error = client.request("auth", Map.of("token", token));

        assertThat(error.errorCode()).isEqualTo("token_not_newer");
        assertThat(error.json().at("/error/retryable").asBoolean()).isFalse();
        client.leave();
      }
    }
  }

  @Test
  void outageOfTheUsersClosesNothing() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      server.users().broken(true);
      int before = server.users().loads();
      server.directory().invalidate("alice");
      TestServer.await("the user was asked for", () -> server.users().loads() > before);

      client.send("ping", "p", null);
      client.expect("pong");
      client.leave();
    }
  }

  @Test
  void changedUserIsSeenByHandlers() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      server.users().put(User.of("alice", "Alice the Second", Set.of("admin")));
      server.directory().invalidate("alice");

      TestServer.await(
          "the user is read again",
          () -> server.connections().list().get(0).user().roles().contains("admin"));
      client.leave();
    }
  }

  @Test
  void invalidateBetweenTheHandshakeAndTheRegistrationIsNotLost() {
    // The user changes after the filter has let the request through: its own check must find it.
    TestServer.Setup setup = setup();
    try (TestServer server = setup.start()) {
      for (int i = 0; i < 20; i++) {
        server.users().put(User.of("carol", "Carol", Set.of()));
        server.directory().invalidate("carol");
        Thread race =
            new Thread(
                () -> {
                  server.users().put(suspended("carol"));
                  server.directory().invalidate("carol");
                });
        race.start();
        try (RecordingClient client =
            RecordingClient.connect(
                server.uri(), options -> options.token(TestServer.TOKENS.of("carol")))) {
          client.expect("welcome");
          assertThat(client.expectClose(4403).reason()).isEqualTo("user_disabled");
        } catch (RecordingClient.Refused e) {
          assertThat(e.status()).isEqualTo(403);
        }
        TestServer.await("the race is over", () -> !race.isAlive());
      }
    }
  }
}
