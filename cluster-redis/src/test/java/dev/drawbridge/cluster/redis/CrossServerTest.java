package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.drawbridge.db.Database;
import dev.drawbridge.db.DatabaseConfig;
import dev.drawbridge.db.SessionWork;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.db.user.UserDirectoryConfig;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.db.user.UserStore;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.jwt.revocation.RevokedTokens;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What one server learns of users takes effect on the connections of the other: two servers, each
 * with a cache of users and a list of revoked tokens of its own, on one table and one Redis.
 */
class CrossServerTest {
  private static final String URL = "jdbc:h2:mem:cross;DB_CLOSE_DELAY=-1";

  /** What a server of an application has. */
  private record Host(UserDirectory users, Revocations revocations, TestNode node) {
    private static Host start(Database database, String url) throws Exception {
      UserDirectory users =
          UserDirectory.of(UserSource.table(database), UserDirectoryConfig.defaults());
      Revocations revocations = new RevokedTokens(Duration.ofDays(1), Clock.systemUTC());
      return new Host(
          users,
          revocations,
          RedisNodes.start(
              url,
              Map.of(
                  UserDirectory.class.getName(), users, Revocations.class.getName(), revocations),
              "WEBSOCKET_DEV_MODE",
              "true",
              "DRAWBRIDGE_DEV_KEY",
              "off",
              "DRAWBRIDGE_CONNECTIONS_PER_USER",
              "2",
              "DRAWBRIDGE_CONNECTIONS_PER_USER_SCOPE",
              "cluster"));
    }
  }

  private static RedisProcess redis;
  private static Database database;
  private static Host a;
  private static Host b;

  @BeforeAll
  static void start() throws Exception {
    redis = RedisProcess.start();
    Migrations.builder().url(URL).user("sa").password("").mode(Mode.MIGRATE).build().run();
    database = Database.open(DatabaseConfig.builder().url(URL).user("sa").build());
    a = Host.start(database, "redis://127.0.0.1:" + redis.port());
    b = Host.start(database, "redis://127.0.0.1:" + redis.port());
    for (Host one : new Host[] {a, b}) {
      eventually(
          "places count everywhere",
          () ->
              one.node.isUp() && one.node.diagnostics().at("/cluster/places/counting").asBoolean());
    }
  }

  @AfterAll
  static void stop() {
    for (Host one : new Host[] {a, b}) {
      if (one != null) {
        one.node.close();
        one.users.close();
      }
    }
    if (database != null) {
      database.close();
    }
    if (redis != null) {
      redis.close();
    }
  }

  private static void change(SessionWork<Boolean, RuntimeException> work) {
    assertThat(database.transact(work)).isTrue();
  }

  private static String user(String subject) {
    change(
        session -> {
          UserStore.of(a.users).create(session, User.of(subject, "The " + subject, Set.of("user")));
          return true;
        });
    return subject;
  }

  @Test
  void aUserWhoIsDisabledOnOneServerIsClosedOnTheOther() {
    RecordingClient bob = b.node.client(user("disabled"));

    change(session -> UserStore.of(a.users).setStatus(session, "disabled", User.Status.SUSPENDED));

    bob.expectClose(CloseCode.FORBIDDEN.code());
    assertThat(
            catchThrowableOfType(RecordingClient.Refused.class, () -> b.node.client("disabled"))
                .status())
        .isEqualTo(403);
  }

  @Test
  void aChangeThatNoStoreKnowsIsToldByInvalidate() {
    RecordingClient bob = b.node.client(user("changed"));
    change(
        session ->
            session
                    .update("UPDATE app_user SET status = 'SUSPENDED' WHERE subject = 'changed'")
                    .run()
                == 1);

    a.users.invalidate("changed");

    bob.expectClose(CloseCode.FORBIDDEN.code());
  }

  @Test
  void everybodyIsLookedAtAnewOnTheOtherServer() {
    RecordingClient bob = b.node.client(user("everybody"));
    change(
        session ->
            session
                    .update("UPDATE app_user SET status = 'SUSPENDED' WHERE subject = 'everybody'")
                    .run()
                == 1);

    a.users.invalidateAll();

    bob.expectClose(CloseCode.FORBIDDEN.code());
  }

  @Test
  void tokensOfAUserAreRevokedOnBothServers() {
    RecordingClient bob = b.node.client(user("revoked"));

    a.revocations.revokeBefore("revoked", Instant.now().plusSeconds(2));

    bob.expectClose(CloseCode.UNAUTHENTICATED.code());
    assertThat(
            catchThrowableOfType(RecordingClient.Refused.class, () -> b.node.client("revoked"))
                .status())
        .isEqualTo(401);
  }

  @Test
  void aUserIsClosedOnBothServersWhereverTheOrderIsGiven() throws Exception {
    user("closed");
    RecordingClient here = a.node.client("closed");
    RecordingClient there = b.node.client("closed");

    a.node
        .channels()
        .disconnect("closed", CloseCode.FORBIDDEN)
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);

    here.expectClose(CloseCode.FORBIDDEN.code());
    there.expectClose(CloseCode.FORBIDDEN.code());
  }

  @Test
  void theButtonsOfThePageDisableAndEnableOnBothServers() {
    RecordingClient here = a.node.client(user("mallory"));
    RecordingClient there = b.node.client("mallory");

    a.node.press("disable", "connection", here.connectionId());

    here.expectClose(CloseCode.FORBIDDEN.code());
    there.expectClose(CloseCode.FORBIDDEN.code());
    assertThat(b.node.diagnostics().path("disabled").toString()).contains("mallory");
    assertThat(
            catchThrowableOfType(RecordingClient.Refused.class, () -> b.node.client("mallory"))
                .status())
        .isEqualTo(403);
    b.node.press("enable", "subject", "mallory");
    eventually(
        "the first server knows",
        () -> !a.node.diagnostics().path("disabled").toString().contains("mallory"));
    try (RecordingClient again = a.node.client("mallory")) {
      again.leave();
    }
  }

  @Test
  void connectionsOfAUserCountOnBothServersTogether() {
    user("many");
    try (RecordingClient one = a.node.client("many");
        RecordingClient two = b.node.client("many")) {
      assertThat(
              catchThrowableOfType(RecordingClient.Refused.class, () -> b.node.client("many"))
                  .status())
          .isEqualTo(429);
      assertThat(b.node.diagnostics().path("attempts").toString())
          .contains("2 connections per user on all servers, 1 of them on this one, at most 2");
      one.leave();
      two.leave();
    }
  }

  @Test
  void aPlaceThatComesFreeOnTheOtherServerIsTakenAtOnce() throws Exception {
    user("reload");
    RecordingClient other = a.node.client("reload");
    for (int round = 0; round < 10; round++) {
      RecordingClient old = a.node.client("reload");
      CompletableFuture<RecordingClient> fresh =
          CompletableFuture.supplyAsync(() -> b.node.client("reload"));
      old.leave();

      try (RecordingClient client = fresh.get(10, TimeUnit.SECONDS)) {
        client.leave();
      }
      old.forget();
    }
    other.leave();
    other.forget();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aConnectionIsReplacedAtTheLimitWhereverItIs(boolean onTheSame) {
    String subject = user("replaced" + onTheSame);
    RecordingClient other = a.node.client(subject);
    RecordingClient old = a.node.client(subject);

    try (RecordingClient fresh =
        RecordingClient.replace(
            (onTheSame ? a : b).node.uri(), TestNode.token(subject), old.connectionId())) {
      old.expectClose(CloseCode.REPLACED.code());
      fresh.leave();
    }
    other.leave();
    other.forget();
  }
}
