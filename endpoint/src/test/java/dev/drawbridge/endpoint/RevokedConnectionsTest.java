package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.jwt.Revocations;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A revocation ends what is open, and nothing else. PROTOCOL.md section 9. */
class RevokedConnectionsTest {

  private static RecordingClient connect(TestServer server, String subject, String tokenId) {
    return RecordingClient.connect(server.uri(), token(subject, Map.of("jti", tokenId)));
  }

  private static String token(String subject, Map<String, Object> more) {
    long now = Instant.now().getEpochSecond();
    Map<String, Object> claims = new HashMap<>();
    claims.put("iss", TestTokens.ISSUER);
    claims.put("aud", TestTokens.AUDIENCE);
    claims.put("sub", subject);
    claims.put("iat", now);
    claims.put("exp", now + 3600);
    claims.putAll(more);
    return TestServer.TOKENS.sign(claims);
  }

  private static Revocations of(TestServer server) {
    return server.core().authenticator().revocations();
  }

  @Test
  void revokedTokenEndsItsConnectionsAtOnceAndNoOther() {
    try (TestServer server = TestServer.setup().start();
        RecordingClient first = connect(server, "alice", "one");
        RecordingClient second = connect(server, "alice", "one");
        RecordingClient other = connect(server, "alice", "two");
        RecordingClient bob = connect(server, "bob", "three")) {

      of(server).revoke("one", Instant.now().plusSeconds(60));

      assertThat(first.expectClose(4401).reason()).isEqualTo("token_revoked");
      assertThat(second.expectClose(4401).reason()).isEqualTo("token_revoked");
      TestServer.await("two are left", () -> server.connections().size() == 2);
      other.leave();
      bob.leave();
    }
  }

  @Test
  void olderTokensOfAUserEndAndNewerOnesStay() {
    Instant now = Instant.now();
    try (TestServer server = TestServer.setup().start();
        RecordingClient old =
            RecordingClient.connect(
                server.uri(),
                token("alice", Map.of("iat", now.minusSeconds(100).getEpochSecond())));
        RecordingClient fresh =
            RecordingClient.connect(
                server.uri(), token("alice", Map.of("iat", now.getEpochSecond())));
        RecordingClient bob = connect(server, "bob", "b")) {

      of(server).revokeBefore("alice", now.minusSeconds(10));

      assertThat(old.expectClose(4401).reason()).isEqualTo("token_revoked");
      TestServer.await("two are left", () -> server.connections().size() == 2);
      fresh.leave();
      bob.leave();
    }
  }

  private static Database database() {
    Database database =
        Database.open(
            DatabaseConfig.builder()
                .url("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1")
                .build());
    database.transact(
        session ->
            session
                .update(
                    "CREATE TABLE revocation (revocation_key VARCHAR(64) PRIMARY KEY,"
                        + " revoked_before BIGINT, expires_at BIGINT NOT NULL)")
                .run());
    return database;
  }

  /** Another server, which shares nothing but the table. */
  private static Revocations elsewhere(Database database) {
    return Revocations.inDatabase(
        database, Duration.ofHours(24), Duration.ofMinutes(5), Clock.systemUTC());
  }

  @Test
  void revocationByAnotherServerEndsThemWithinFiveSeconds() {
    try (Database database = database();
        TestServer server =
            TestServer.setup()
                .set("drawbridge.jwt.revocations", "database")
                .attribute(Database.class.getName(), database)
                .start();
        RecordingClient one = connect(server, "alice", "one");
        RecordingClient two = connect(server, "bob", "two");
        RecordingClient three = connect(server, "carol", "three")) {

      long start = System.nanoTime();
      elsewhere(database).revoke("one", Instant.now().plusSeconds(60));
      elsewhere(database).revokeBefore("bob", Instant.now().plusSeconds(2));

      assertThat(one.expectClose(4401).reason()).isEqualTo("token_revoked");
      assertThat(two.expectClose(4401).reason()).isEqualTo("token_revoked");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));

      of(server).revoke("three", Instant.now().plusSeconds(60));

      assertThat(three.expectClose(4401).reason()).isEqualTo("token_revoked");
    }
  }

  /** Counts the questions, and fails the first. */
  private static final class CountingRevocations implements Revocations {
    final AtomicInteger single = new AtomicInteger();
    final List<Integer> among = new ArrayList<>();
    final CountDownLatch asked = new CountDownLatch(2);

    @Override
    public boolean isRevoked(String subject, @Nullable String tokenId, @Nullable Instant iat) {
      single.incrementAndGet();
      return false;
    }

    @Override
    public Set<Token> revokedAmong(Collection<Token> tokens) {
      among.add(tokens.size());
      asked.countDown();
      if (among.size() == 1) {
        throw new IllegalStateException("the store is away");
      }
      return Set.of();
    }

    @Override
    public void revoke(String tokenId, Instant expiresAt) {}

    @Override
    public void revokeBefore(String subject, Instant moment) {}
  }

  @Test
  void oneQuestionIsForAllConnectionsAndAnOutageClosesNothing() throws Exception {
    CountingRevocations store = new CountingRevocations();
    List<RecordingClient> clients = new ArrayList<>();
    try (TestServer server =
        TestServer.setup().attribute(Revocations.class.getName(), store).start()) {
      for (int i = 0; i < 15; i++) {
        clients.add(connect(server, "alice", "t" + i));
      }

      assertThat(store.asked.await(15, TimeUnit.SECONDS)).isTrue();

      assertThat(store.among.subList(0, 2)).containsExactly(15, 15);
      assertThat(store.single.get()).as("handshakes alone").isEqualTo(15);
      assertThat(server.connections().size()).isEqualTo(15);
      for (RecordingClient client : clients) {
        client.leave();
        client.close();
      }
    }
  }
}
