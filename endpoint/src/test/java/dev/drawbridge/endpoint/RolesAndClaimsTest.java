package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who may send which type, and what a handler learns of the token. */
class RolesAndClaimsTest {

  /** What a type takes; its shape is nobody's business who may not send it. */
  record Room(String name) {}

  private final BlockingQueue<Object> handled = new LinkedBlockingQueue<>();

  private TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(
            endpoint ->
                endpoint
                    .on("room.close", Room.class)
                    .requires("admin", "owner")
                    .handle(
                        (room, connection) -> {
                          handled.add(room.name());
                          return null;
                        })
                    .on(
                        "room.claims",
                        Void.class,
                        (nothing, connection) -> connection.claims().get("sub")));
  }

  private static void roles(TestServer server, String... roles) {
    server.users().put(User.of("alice", "Alice", Set.of(roles)));
  }

  private static RecordingClient alice(TestServer server, String... roles) {
    roles(server, roles);
    return server.connect("alice");
  }

  @Test
  void userWithOneOfTheRolesIsHandled() throws Exception {
    try (TestServer server = setup().start();
        RecordingClient client = alice(server, "owner")) {
      client.send("room.close", "1", Map.of("name", "a"));

      assertThat(client.expect("ack").id()).isEqualTo("1");
      assertThat(handled).containsExactly("a");
    }
  }

  @Test
  void userWithoutOneIsForbiddenBeforeTheDataIsLookedAt() throws Exception {
    try (TestServer server = setup().start();
        RecordingClient client = alice(server, "user", "Admin", "admin ")) {
      for (Object data : List.of(Map.of("name", "a"), Map.of(), 7)) {
        client.send("room.close", "1", data);

        JsonNode error = client.expectError("message_forbidden").json();
        assertThat(error.path("id").asText()).isEqualTo("1");
        assertThat(error.at("/error/action").asText()).isEqualTo("contact_admin");
        assertThat(error.at("/error/retryable").asBoolean(true)).isFalse();
        assertThat(error.at("/error/message").asText())
            .contains("room.close")
            .doesNotContain("admin", "owner");
      }
      assertThat(handled).isEmpty();
    }
  }

  @Test
  void forbiddenMessagesAreNoInvalidOnesAndCloseNothing() throws Exception {
    try (TestServer server = setup().production().start();
        RecordingClient client = alice(server)) {
      for (int i = 0; i < 15; i++) {
        client.send("room.close", null, Map.of("name", "a"));
        client.expectError("message_forbidden");
      }

      client.send("room.claims", "2", null);

      assertThat(client.expect("ack").data().asText()).isEqualTo("alice");
    }
  }

  @Test
  void roleThatIsTakenAwayWhileTheMessageWaitsCounts() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    try (TestServer server =
            TestServer.setup()
                .endpoint(
                    endpoint ->
                        endpoint
                            .on(
                                "slow",
                                Void.class,
                                (nothing, connection) -> {
                                  entered.countDown();
                                  assertThat(release.await(20, TimeUnit.SECONDS)).isTrue();
                                  return null;
                                })
                            .on("guarded", Void.class)
                            .requires("admin")
                            .handle(
                                (nothing, connection) -> {
                                  handled.add("guarded");
                                  return null;
                                }))
                .start();
        RecordingClient client = alice(server, "admin")) {
      client.send("slow", "1", null);
      client.send("guarded", "2", null);
      assertThat(entered.await(20, TimeUnit.SECONDS)).isTrue();

      roles(server, "user");
      server.core().users().invalidate("alice");
      TestServer.await(
          "the role is gone",
          () ->
              server.connections().links().stream()
                  .allMatch(link -> link.credential().user().roles().equals(Set.of("user"))));
      release.countDown();

      assertThat(client.expect("ack").id()).isEqualTo("1");
      assertThat(client.expectError("message_forbidden").id()).isEqualTo("2");
      assertThat(handled).isEmpty();
    }
  }

  @Test
  void claimsAreThoseOfThePresentTokenAndPrintedNowhere() throws Exception {
    BlockingQueue<Map<String, Object>> seen = new LinkedBlockingQueue<>();
    try (TestServer server =
            TestServer.setup()
                .endpoint(
                    endpoint ->
                        endpoint.on(
                            "look",
                            Void.class,
                            (nothing, connection) -> {
                              seen.add(connection.claims());
                              return null;
                            }))
                .start();
        RecordingClient client = alice(server)) {
      client.send("look", null, null);

      Map<String, Object> claims = seen.poll(20, TimeUnit.SECONDS);

      assertThat(claims).containsEntry("sub", "alice").containsKeys("iss", "aud", "exp");
      assertThat(claims.toString()).doesNotContain("alice");
      assertThat(server.connections().links().iterator().next().credential().toString())
          .doesNotContain("aud");
    }
  }

  @Test
  void userOfATokenStaysWithoutATableAndThePageSaysWhatThatMeans() throws Exception {
    try (TestServer server =
            setup()
                .set("drawbridge.users", "token")
                .set("drawbridge.heartbeat.interval", "10m")
                .set("drawbridge.heartbeat.grace", "10m")
                .set("drawbridge.jwt.roles.claim", "/roles")
                .start();
        RecordingClient client = server.connect("nobody")) {
      var link = server.connections().links().iterator().next();
      TestServer.await("the welcome is written", () -> link.pending() == 0);

      link.monitor().tick(System.nanoTime() + TimeUnit.MINUTES.toNanos(5), java.time.Instant.now());
      client.send("room.claims", "1", null);

      assertThat(client.expect("ack").data().asText()).isEqualTo("nobody");
      assertThat(link.isOpen()).isTrue();
      assertThat(server.core().authenticator().looksUsersUp()).isFalse();
    }
  }
}
