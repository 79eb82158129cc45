package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.jwt.Revocations;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one server learns of users and tokens takes effect on all servers of one log. */
class SharedKnowledgeTest {
  private final MemoryLog log = new MemoryLog(100, System::currentTimeMillis);
  private TestServer here;
  private TestServer there;

  @BeforeEach
  void start() {
    here = server(setup -> {});
    there = server(setup -> {});
  }

  @AfterEach
  void stop() {
    here.close();
    there.close();
  }

  private TestServer server(Consumer<TestServer.Setup> more) {
    TestServer.Setup setup =
        TestServer.setup()
            .attribute(ClusterEngine.class.getName(), new MemoryEngine(log))
            .endpoint(
                endpoint ->
                    endpoint.channel(
                        "room:",
                        rules -> rules.requires("user").authorize((user, action, names) -> names)));
    more.accept(setup);
    return setup.start();
  }

  private static RecordingClient connect(TestServer server, String subject, String tokenId) {
    return RecordingClient.connect(server.uri(), token(subject, tokenId, 0));
  }

  private static String token(String subject, String tokenId, long age) {
    long now = Instant.now().getEpochSecond();
    Map<String, Object> claims = new HashMap<>();
    claims.put("iss", TestTokens.ISSUER);
    claims.put("aud", TestTokens.AUDIENCE);
    claims.put("sub", subject);
    claims.put("iat", now - age);
    claims.put("exp", now + 3600);
    claims.put("jti", tokenId);
    return TestServer.TOKENS.sign(claims);
  }

  private static Revocations of(TestServer server) {
    return server.core().authenticator().revocations();
  }

  private static Position position(TestServer server) {
    return Objects.requireNonNull(server.core().channels().position());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aUserWhomOneServerForgetsIsReadAnewByTheOthers(boolean everybody) {
    try (RecordingClient bob = there.connect("bob");
        RecordingClient carol = there.connect("carol");
        RecordingClient alice = here.connect("alice")) {
      there.users().put(User.builder("bob").displayName("B").status(User.Status.SUSPENDED).build());
      if (everybody) {
        here.directory().invalidateAll();
      } else {
        here.directory().invalidate("bob");
      }

      assertThat(bob.nextEvent()).isEqualTo(new Event.Closed(4403, "user_disabled"));
      carol.subscribe("room:1");
      alice.subscribe("room:1");
    }
  }

  @Test
  void nobodyTellsItAgain() {
    try (RecordingClient alice = here.connect("alice");
        RecordingClient bob = there.connect("bob")) {
      here.directory().invalidate("bob");
      there.directory().invalidate("alice");
      TestServer.await("both are in the log", () -> position(here).seq() >= 2);
      TestServer.await("both are seen", () -> position(there).seq() >= 2);

      // Behind whatever would have been told again.
      alice.subscribe("room:1");
      assertThat(bob.subscribe("room:1").data().path("seq").asLong()).isEqualTo(2);
    }
  }

  @Test
  void aRoleThatIsGoneEndsSubscriptionsEverywhere() {
    try (RecordingClient bob = there.connect("bob")) {
      bob.subscribe("room:1");
      here.connect("alice").abort();
      there.users().put(User.of("bob", "BOB", Set.of("guest")));

      here.directory().invalidate("bob");

      assertThat(bob.expect("unsubscribe").channel()).isEqualTo("room:1");
    }
  }

  @Test
  void aTokenThatOneServerRevokesIsGoodNowhere() {
    try (RecordingClient bob = connect(there, "bob", "one");
        RecordingClient other = connect(there, "bob", "two");
        RecordingClient alice = here.connect("alice")) {
      String kept = token("bob", "one", 0);

      of(here).revoke("one", Instant.now().plusSeconds(60));

      assertThat(bob.nextEvent()).isEqualTo(new Event.Closed(4401, "token_revoked"));
      assertThatThrownBy(() -> RecordingClient.connect(there.uri(), kept))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, no -> assertThat(no.status()).isEqualTo(401));
      other.subscribe("room:1");
      alice.leave();
    }
  }

  @Test
  void theOlderTokensOfAUserAreGoodNowhere() {
    try (RecordingClient old = RecordingClient.connect(there.uri(), token("bob", "old", 100));
        RecordingClient fresh = connect(there, "bob", "fresh");
        RecordingClient alice = here.connect("alice")) {

      of(here).revokeBefore("bob", Instant.now().minusSeconds(50));

      assertThat(old.nextEvent()).isEqualTo(new Event.Closed(4401, "token_revoked"));
      fresh.subscribe("room:1");
      alice.leave();
    }
  }

  /** What an application has written: it says only whom it concerns. */
  private static final class OwnRevocations implements Revocations {
    private final Set<String> revoked;
    private volatile Consumer<Predicate<Token>> listener = concerned -> {};

    private OwnRevocations(Set<String> shared) {
      this.revoked = shared;
    }

    @Override
    public boolean isRevoked(String subject, @Nullable String tokenId, @Nullable Instant iat) {
      return tokenId != null && revoked.contains(tokenId);
    }

    @Override
    public void revoke(String tokenId, Instant expiresAt) {
      revoked.add(tokenId);
      listener.accept(token -> tokenId.equals(token.tokenId()));
    }

    @Override
    public void revokeBefore(String subject, Instant moment) {}

    @Override
    public dev.drawbridge.db.user.Registration onRevoke(Consumer<Predicate<Token>> more) {
      Consumer<Predicate<Token>> before = listener;
      listener =
          concerned -> {
            before.accept(concerned);
            more.accept(concerned);
          };
      return () -> {};
    }
  }

  @Test
  void aStoreOfTheApplicationIsAskedAtOnceByTheOthers() {
    Set<String> shared = ConcurrentHashMap.newKeySet();
    String name = Revocations.class.getName();
    try (TestServer one = server(setup -> setup.attribute(name, new OwnRevocations(shared)));
        TestServer two = server(setup -> setup.attribute(name, new OwnRevocations(shared)));
        RecordingClient alice = one.connect("alice");
        RecordingClient bob = connect(two, "bob", "one")) {

      of(one).revoke("one", Instant.now().plusSeconds(60));

      assertThat(bob.nextEvent()).isEqualTo(new Event.Closed(4401, "token_revoked"));
      alice.leave();
    }
  }

  @Test
  void afterALostLogEverybodyIsLookedAtAnew() {
    try (RecordingClient bob = there.connect("bob")) {
      there.users().put(User.builder("bob").displayName("B").status(User.Status.SUSPENDED).build());

      log.restart(ResetReason.LOG_LOST);

      assertThat(bob.nextEvent()).isEqualTo(new Event.Closed(4403, "user_disabled"));
    }
  }

  @Test
  void whatNobodyHereUnderstandsIsPassedOver() throws Exception {
    try (RecordingClient bob = there.connect("bob")) {
      here.connect("alice").abort();
      for (String detail : new String[] {"", "x", "9999999999999999999999", "1 2 3"}) {
        here.core().channels().orders().revoked(null, detail);
        here.core().channels().orders().revoked("bob", detail);
      }
      TestServer.await("all are seen", () -> position(there).seq() == 8);

      bob.subscribe("room:1");
    }
  }

  /** Looked up before the order, and open after it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoWasOnTheWayInIsDisconnectedToo(boolean byAnother) throws Exception {
    try (TestServer full = server(setup -> setup.set("drawbridge.connections.per.user", "1"));
        RecordingClient old = full.connect("bob")) {
      CompletableFuture<RecordingClient> fresh =
          CompletableFuture.supplyAsync(
              () ->
                  RecordingClient.connect(
                      full.uri(), options -> options.token(TestServer.TOKENS.of("bob"))));
      TestServer.await("the new one waits", () -> full.core().admission().waiting() == 1);

      Channels.of((byAnother ? here : full).context().getServletContext())
          .disconnect("bob", CloseCode.FORBIDDEN);

      assertThat(old.nextEvent()).isInstanceOf(Event.Closed.class);
      try (RecordingClient client = fresh.get(10, TimeUnit.SECONDS)) {
        client.expect("welcome");
        assertThat(client.nextEvent()).isEqualTo(new Event.Closed(4403, "user_disabled"));
      }
      // Who comes later is let in.
      full.connect("bob").leave();
    }
  }
}
