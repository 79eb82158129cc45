package dev.drawbridge.endpoint.cluster;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two servers and what carries their log: what crosses, and what stands when the link does not. */
public abstract class TwoServersContract {
  protected TestNode a;
  protected TestNode b;

  /** Starts what carries the log, and {@link #a} and {@link #b}, the latter over a link. */
  protected abstract void open() throws Exception;

  /** Ends what {@link #open} has started beside the two servers, as far as it came. */
  protected abstract void end() throws Exception;

  /** Cuts the link of {@link #b}, or mends it. */
  protected abstract void away(boolean is);

  @BeforeEach
  void start() throws Exception {
    open();
    eventually("both are up", () -> a.isUp() && b.isUp());
  }

  @AfterEach
  void stop() throws Exception {
    // Each for itself: what did not start leaves the others to be ended.
    for (AutoCloseable one : new AutoCloseable[] {b, a, this::end}) {
      if (one != null) {
        one.close();
      }
    }
  }

  protected static void publish(TestNode node, String channel, Object text) throws Exception {
    node.channels()
        .publish(channel, "chat.message", Map.of("text", text))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  @Test
  void whatIsPublishedOnOneServerArrivesAtTheOtherWithTheSameNumber() throws Exception {
    try (RecordingClient alice = a.client("alice");
        RecordingClient bob = b.client("bob")) {
      alice.subscribe("room:1");
      bob.subscribe("room:1");

      publish(a, "room:1", "from a");
      publish(b, "room:1", "from b");

      for (String text : new String[] {"from a", "from b"}) {
        Frame one = alice.expect("chat.message");
        Frame other = bob.expect("chat.message");
        assertThat(one.data().path("text").asText()).isEqualTo(text);
        assertThat(other.json()).isEqualTo(one.json());
      }
    }
  }

  @Test
  void aClientThatComesBackToTheOtherServerHasMissedNothing() throws Exception {
    RecordingClient before = a.client("alice");
    Frame subscribed = before.subscribe("room:1");
    before.abort();
    for (int i = 0; i < 20; i++) {
      publish(i % 2 == 0 ? a : b, "room:1", i);
    }

    try (RecordingClient after = b.client("alice")) {
      Frame resumed =
          after.resume(
              subscribed.data().path("epoch").asText(),
              subscribed.data().path("seq").asLong(),
              "room:1");

      assertThat(resumed.data().path("resumed").asBoolean()).isTrue();
      assertThat(resumed.data().path("replay").asInt()).isEqualTo(20);
      for (int i = 0; i < 20; i++) {
        assertThat(after.expect("chat.message").data().path("text").asInt()).isEqualTo(i);
      }
    }
  }

  @Test
  void aMessageToAUserFindsTheUserOnAnyServer() throws Exception {
    try (RecordingClient bob = b.client("bob")) {
      bob.subscribe("~");

      a.channels().publishToUser("bob", "note", Map.of("n", 1)).toCompletableFuture().get();

      assertThat(bob.expect("note").channel()).isEqualTo("~");
    }
  }

  @Test
  void aUserIsClosedAndUnsubscribedOnEveryServer() throws Exception {
    try (RecordingClient bob = b.client("bob");
        RecordingClient eve = b.client("eve")) {
      bob.subscribe("room:1");
      eve.subscribe("room:1");

      a.channels().unsubscribe("eve", "room:").toCompletableFuture().get();
      a.channels().disconnect("bob", CloseCode.FORBIDDEN).toCompletableFuture().get();

      assertThat(eve.expect("unsubscribe").errorCode()).isEqualTo("channel_forbidden");
      bob.expectClose(CloseCode.FORBIDDEN.code());
    }
  }

  @Test
  void whoIsThereIsToldAcrossServers() throws Exception {
    try (RecordingClient alice = a.client("alice")) {
      alice.request("subscribe", Map.of("channels", new String[] {"room:1"}, "presence", true));
      assertThat(alice.expect("presence").data().path("joined").toString()).contains("alice");

      try (RecordingClient bob = b.client("bob")) {
        bob.subscribe("room:1");

        assertThat(alice.expect("presence").data().path("joined").toString()).contains("The bob");
        assertThat(a.channels().members("room:1").count()).isEqualTo(2);
      }
    }
  }

  @Test
  void aLinkThatIsCutLosesNothing() throws Exception {
    try (RecordingClient bob = b.client("bob")) {
      bob.subscribe("room:1");
      away(true);
      eventually("b says that it is down", b::isDown);

      publish(a, "room:1", "while away");
      assertThat(bob.request("echo", Map.of("n", 1)).type()).isEqualTo("ack");
      String id = bob.publish("room:1", "chat.message", Map.of("text", "refused"));
      Frame refused = bob.expectError("engine_unavailable");
      away(false);

      assertThat(refused.id()).isEqualTo(id);
      assertThat(bob.expect("chat.message").data().path("text").asText()).isEqualTo("while away");
      eventually("b is up", b::isUp);
      publish(b, "room:1", "again");
      assertThat(bob.expect("chat.message").data().path("text").asText()).isEqualTo("again");
    }
  }
}
