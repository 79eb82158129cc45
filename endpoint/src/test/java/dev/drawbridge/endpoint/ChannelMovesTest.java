package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A client that was away, moves, or reads slowly: what became of its channels. */
class ChannelMovesTest {
  record ChatMessage(String text) {}

  private static TestServer.Setup rooms() {
    return TestServer.setup()
        .endpoint(
            endpoint ->
                endpoint.channel(
                    "room:",
                    rules ->
                        rules
                            .authorize((user, action, names) -> names)
                            .clientPublish("chat.message", ChatMessage.class)));
  }

  private static Position publish(TestServer server, String channel, String text) throws Exception {
    return Channels.of(server.context().getServletContext())
        .publish(channel, "chat.message", new ChatMessage(text))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  private static Position at(Frame ack) {
    return new Position(ack.data().path("epoch").asText(), ack.data().path("seq").asLong());
  }

  private static String text(Frame frame) {
    return frame.data().path("text").asText();
  }

  @Test
  void aDrainedServersClientsMissNothingAtTheNext() throws Exception {
    MemoryLog log = new MemoryLog(1_000, System::currentTimeMillis);
    String engine = ClusterEngine.class.getName();
    try (TestServer old = rooms().attribute(engine, new MemoryEngine(log)).start();
        TestServer next = rooms().attribute(engine, new MemoryEngine(log)).start();
        RecordingClient alice = old.connect("alice")) {
      Position position = at(alice.subscribe("room:1"));
      publish(next, "room:1", "1");
      old.connections().drain();
      List<String> got = new ArrayList<>();
      for (int i = 2; i <= 20; i++) {
        publish(next, "room:1", "" + i);
      }

      Event event = alice.nextEvent();
      while (event instanceof Frame frame) {
        if (frame.type().equals("chat.message")) {
          got.add(text(frame));
          position = new Position(position.epoch(), frame.seq());
        }
        event = alice.nextEvent();
      }
      assertThat(event).isEqualTo(new Event.Closed(1012, "draining"));
      try (RecordingClient again = next.connect("alice")) {
        Frame ack = again.resume(position.epoch(), position.seq(), "room:1");
        assertThat(ack.data().path("resumed").asBoolean()).isTrue();
        for (int i = ack.data().path("replay").asInt(); i > 0; i--) {
          got.add(text(again.expect("chat.message")));
        }
      }

      assertThat(got)
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, 20).mapToObj(Integer::toString).toList());
    }
  }

  @Test
  void whoWasDisabledWhileAwayIsRefusedAndMissesNothingOnceLetInAgain() throws Exception {
    try (TestServer server = rooms().start()) {
      Position from;
      try (RecordingClient bob = server.connect("bob")) {
        from = at(bob.subscribe("room:1"));
      }
      server
          .users()
          .put(User.builder("bob").displayName("B").status(User.Status.SUSPENDED).build());
      server.directory().invalidate("bob");
      publish(server, "room:1", "1");

      assertThatThrownBy(() -> server.connect("bob"))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, no -> assertThat(no.status()).isEqualTo(403));
      server.users().put(User.of("bob", "BOB", Set.of("user")));
      server.directory().invalidate("bob");

      try (RecordingClient bob = server.connect("bob")) {
        assertThat(bob.resume(from.epoch(), from.seq(), "room:1").data().path("replay").asInt())
            .isEqualTo(1);
        assertThat(text(bob.expect("chat.message"))).isEqualTo("1");
      }
    }
  }

  @Test
  void whoseTokenHasExpiredWhileAwayGoesOnWithANewOne() throws Exception {
    try (TestServer server = rooms().set("drawbridge.jwt.leeway", "0s").start()) {
      Position from;
      try (RecordingClient bob = server.connect("bob")) {
        from = at(bob.subscribe("room:1"));
      }
      publish(server, "room:1", "1");

      assertThatThrownBy(
              () ->
                  RecordingClient.connect(
                      server.uri(), TestServer.TOKENS.of("bob", Duration.ofMinutes(-5))))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, no -> assertThat(no.status()).isEqualTo(401));
      try (RecordingClient bob = server.connect("bob")) {
        bob.resume(from.epoch(), from.seq(), "room:1");

        assertThat(text(bob.expect("chat.message"))).isEqualTo("1");
      }
    }
  }

  @Test
  void anotherUsersPositionGivesNothingOfThatUser() throws Exception {
    try (TestServer server = rooms().start()) {
      Position from;
      try (RecordingClient alice = server.connect("alice")) {
        from = at(alice.subscribe("~"));
      }
      Channels channels = Channels.of(server.context().getServletContext());
      channels.publishToUser("alice", "chat.message", new ChatMessage("for alice"));
      channels
          .publishToUser("bob", "chat.message", new ChatMessage("for bob"))
          .toCompletableFuture()
          .get(10, TimeUnit.SECONDS);

      try (RecordingClient bob = server.connect("bob")) {
        Frame ack = bob.resume(from.epoch(), from.seq(), "~", "~alice");

        assertThat(ack.data().path("subscribed").toString()).isEqualTo("[\"~\"]");
        assertThat(ack.data().path("replay").asInt()).isEqualTo(1);
        assertThat(text(bob.expect("chat.message"))).isEqualTo("for bob");
      }
    }
  }

  private static boolean isOpen(TestServer server, String subject) {
    return server.connections().links(subject).stream().anyMatch(ServerConnection::isOpen);
  }

  /** It takes its replay, and then no more. */
  @Test
  void aSlowReaderBehindAReplayIsClosedAndHoldsUpNobody() throws Exception {
    String large = "x".repeat(8_000);
    try (TestServer server =
            rooms()
                .set("drawbridge.replay.bytes", "400000")
                .set("drawbridge.send.queue.bytes", "500000")
                .set("drawbridge.send.queue.frames", "300")
                .start();
        RecordingClient other = server.connect("alice")) {
      Position from = at(other.subscribe("room:1"));
      for (int i = 0; i < 40; i++) {
        publish(server, "room:1", large);
        other.expect("chat.message");
      }
      try (RawSocket slow = new RawSocket(server.port(), "bob")) {
        slow.readUntil(RawSocket.TEXT);
        slow.text(
            "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\""
                + from.epoch()
                + "\",\"seq\":"
                + from.seq()
                + ",\"channels\":[\"room:1\"]}}");
        String ack = slow.readUntil(RawSocket.TEXT).text();
        assertThat(ack).contains("\"resumed\":true").contains("\"replay\":40");

        // Until what lies between the two is full, and then the queue.
        int more = 0;
        while (isOpen(server, "bob") && more < 5_000) {
          publish(server, "room:1", large);
          assertThat(other.expect("chat.message").seq()).isGreaterThan(from.seq());
          more++;
        }

        assertThat(more).isLessThan(5_000);
      }
      try (RecordingClient again = server.connect("bob")) {
        Frame ack = again.resume(from.epoch(), from.seq(), "room:1");

        assertThat(ack.data().path("resumed").asBoolean()).isFalse();
        assertThat(ack.data().path("reason").asText()).isEqualTo("too_many");
        again.publish("room:1", "chat.message", Map.of("text", "on"));
        List<String> types = List.of(again.next().type(), again.next().type());
        assertThat(types).containsExactlyInAnyOrder("ack", "chat.message");
      }
      other.forget();
    }
  }
}
