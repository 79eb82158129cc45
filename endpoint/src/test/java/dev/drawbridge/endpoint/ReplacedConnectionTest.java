package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.endpoint.internal.server.Admission;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.TcpProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that comes back says which of its connections the new one replaces. */
class ReplacedConnectionTest {
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
                            .clientPublish("chat.message", ChatMessage.class)
                            .presence()));
  }

  private static TestServer.Setup limited(String limit, int value) {
    return rooms().set("drawbridge.connections." + limit, Integer.toString(value));
  }

  private static RecordingClient replace(TestServer server, String subject, String replaced) {
    return RecordingClient.replace(server.uri(), TestServer.TOKENS.of(subject), replaced);
  }

  @ParameterizedTest
  @CsvSource({"per.user,1", "per.user,2", "per.address,1", "max,1"})
  void aNewOneGetsInAtTheLimitWhileTheOldOneIsHalfOpen(String limit, int value) throws Exception {
    try (TestServer server = limited(limit, value).start();
        TcpProxy proxy = new TcpProxy(server.port())) {
      List<RecordingClient> others = new ArrayList<>();
      for (int i = 1; i < value; i++) {
        others.add(server.connect("alice"));
      }
      RecordingClient old =
          RecordingClient.connect(
              URI.create("ws://127.0.0.1:" + proxy.port() + "/ws"), TestServer.TOKENS.of("alice"));
      proxy.swallow(true);

      try (RecordingClient fresh = replace(server, "alice", old.connectionId())) {
        assertThat(server.core().admission().total()).isEqualTo(value);
        TestServer.await(
            "the old one is over", () -> server.connections().find(old.connectionId()).isEmpty());
        assertThat(server.core().admission().total()).isEqualTo(value);
        assertThat(server.connections().find(fresh.connectionId())).isPresent();
      }
      old.forget();
      others.forEach(RecordingClient::leave);
    }
  }

  @Test
  void theOldOneLearnsWhyItEnds() {
    try (TestServer server = limited("per.user", 1).start();
        RecordingClient old = server.connect("alice");
        RecordingClient fresh = replace(server, "alice", old.connectionId())) {
      assertThat(old.nextEvent()).isEqualTo(new Event.Closed(4409, "replaced"));
      fresh.leave();
    }
  }

  @Test
  void anotherUsersConnectionIsNotTouched() {
    try (TestServer server = limited("max", 2).start();
        RecordingClient alice = server.connect("alice");
        RecordingClient bob = replace(server, "bob", alice.connectionId())) {
      // The limit in all is reached now, and alice's place is not bob's.
      assertThatThrownBy(() -> replace(server, "bob", alice.connectionId()))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class,
              refused -> assertThat(refused.status()).isEqualTo(429));

      alice.subscribe("room:1");
      bob.subscribe("room:1");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "000000000000000000000000",
        "",
        "x",
        "%",
        "%zz",
        "0000000000000000000000000",
        "00000000000000000000000G",
        "a&replaces=b",
        "%30%30",
        "0%00",
        "..%2F..%2F"
      })
  void whatNamesNoConnectionIsIgnored(String value) throws Exception {
    try (TestServer server = limited("per.user", 1).start()) {
      // Clients refuse to send such queries.
      RawHttp.Answer answer =
          RawHttp.send(
              server.port(),
              "GET /ws?replaces=" + value,
              "Upgrade: websocket",
              "Connection: Upgrade",
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "Authorization: Bearer " + TestServer.TOKENS.of("alice"));

      assertThat(answer.status()).isEqualTo(101);
    }
  }

  @Test
  void theSameConnectionIsReplacedOnceByTwoAtTheSameTime() throws Exception {
    try (TestServer server = limited("per.user", 1).start();
        RecordingClient old = server.connect("alice")) {
      ExecutorService threads = Executors.newFixedThreadPool(2);
      CountDownLatch go = new CountDownLatch(1);
      List<Future<Object>> both = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        both.add(
            threads.submit(
                (Callable<Object>)
                    () -> {
                      go.await();
                      try {
                        return replace(server, "alice", old.connectionId());
                      } catch (RecordingClient.Refused refused) {
                        return refused;
                      }
                    }));
      }

      go.countDown();

      List<RecordingClient> admitted = new ArrayList<>();
      List<Integer> refused = new ArrayList<>();
      for (Future<Object> one : both) {
        Object outcome = one.get(20, TimeUnit.SECONDS);
        if (outcome instanceof RecordingClient client) {
          admitted.add(client);
        } else if (outcome instanceof RecordingClient.Refused no) {
          refused.add(no.status());
        }
      }
      threads.shutdown();
      assertThat(old.nextEvent()).isEqualTo(new Event.Closed(4409, "replaced"));
      assertThat(admitted).hasSize(1);
      assertThat(refused).containsExactly(429);
      admitted.get(0).leave();
    }
  }

  @Test
  void onePlaceIsTakenOverOnceAndNoneIsLost() throws Exception {
    Admission admission = admission("per.user", 1);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    Place place = admission.take("alice", "10.0.0.1");
    for (int round = 0; round < 200; round++) {
      Place older = place;
      List<Future<Place>> takers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        String address = "10.0.0." + (i + 1);
        takers.add(threads.submit(() -> tryTake(admission, address, older)));
      }
      Future<?> end = threads.submit(older::release);

      List<Place> got = new ArrayList<>();
      for (Future<Place> one : takers) {
        Place taken = one.get(10, TimeUnit.SECONDS);
        if (taken != null) {
          got.add(taken);
        }
      }
      end.get(10, TimeUnit.SECONDS);

      assertThat(got).hasSizeLessThanOrEqualTo(1);
      assertThat(admission.total()).isEqualTo(got.size());
      place = got.isEmpty() ? admission.take("alice", "10.0.0.1") : got.get(0);
    }
    threads.shutdown();
    place.release();
    assertThat(admission.isEmpty()).isTrue();
  }

  private static Place tryTake(Admission admission, String address, Place older) {
    try {
      return admission.take("alice", address, older);
    } catch (RefusedException e) {
      return null;
    }
  }

  private static Admission admission(String limit, int value) {
    try (TestServer server = limited(limit, value).start()) {
      EndpointConfig config = server.core().config();
      return new Admission(config, Duration.ZERO);
    }
  }

  @Test
  void whoIsRefusedForItsAddressLeavesTheOldOneWhereItIs() {
    Admission admission = admission("per.address", 1);
    Place older = admission.take("alice", "10.0.0.1");
    Place other = admission.take("bob", "10.0.0.2");

    assertThatThrownBy(() -> admission.take("alice", "10.0.0.2", older))
        .isInstanceOf(RefusedException.class);

    assertThat(admission.total()).isEqualTo(2);
    assertThatThrownBy(() -> admission.take("carol", "10.0.0.1"))
        .isInstanceOf(RefusedException.class);
    older.release();
    other.release();
    assertThat(admission.isEmpty()).isTrue();
  }

  @Test
  void aPlaceThatIsTakenOverFromAnotherAddressIsFreeThere() {
    Admission admission = admission("per.address", 1);
    Place older = admission.take("alice", "10.0.0.1");

    Place fresh = admission.take("alice", "10.0.0.2", older);
    older.release();

    assertThat(admission.total()).isEqualTo(1);
    admission.take("bob", "10.0.0.1").release();
    assertThatThrownBy(() -> admission.take("bob", "10.0.0.2"))
        .isInstanceOf(RefusedException.class);
    fresh.release();
    assertThat(admission.isEmpty()).isTrue();
  }

  @Test
  void whatTheOldOneHasPublishedIsThereOnce() throws Exception {
    HeldEngine engine = new HeldEngine();
    try (TestServer server =
            limited("per.user", 1).attribute(ClusterEngine.class.getName(), engine).start();
        RecordingClient bob = server.connect("bob");
        RecordingClient old = server.connect("alice")) {
      bob.subscribe("room:1");
      Frame ack = old.subscribe("room:1");
      engine.hold();
      old.publish("room:1", "chat.message", Map.of("text", "hi"));
      engine.awaitHeld();

      try (RecordingClient fresh = replace(server, "alice", old.connectionId())) {
        assertThat(old.nextEvent()).isEqualTo(new Event.Closed(4409, "replaced"));
        fresh.resume(ack.data().path("epoch").asText(), ack.data().path("seq").asLong(), "room:1");
        engine.release();

        assertThat(bob.expect("chat.message").json().path("from").asText()).isEqualTo("alice");
        assertThat(fresh.expect("chat.message").data().path("text").asText()).isEqualTo("hi");
        fresh.request("unsubscribe", Map.of("channels", List.of("room:1")));
      }
    }
  }

  @Test
  void nobodyIsToldThatItsUserHasLeft() throws Exception {
    try (TestServer server =
            limited("per.user", 1).set("drawbridge.presence.linger", "1s").start();
        RecordingClient bob = server.connect("bob");
        RecordingClient old = server.connect("alice")) {
      old.subscribe("room:1");
      bob.request("subscribe", Map.of("channels", List.of("room:1"), "presence", true));
      // Both: in one frame or in two.
      int joined = 0;
      while (joined < 2) {
        joined += bob.expect("presence").data().path("joined").size();
      }

      try (RecordingClient fresh = replace(server, "alice", old.connectionId());
          RecordingClient carol = server.connect("carol")) {
        old.forget();
        fresh.subscribe("room:1");
        // Behind the linger of the old one: carol comes and goes.
        carol.subscribe("room:1");
        bob.expect("presence");
        carol.unsubscribe("room:1");
        Frame left = bob.expect("presence");

        assertThat(left.data().path("left").toString()).isEqualTo("[\"carol\"]");
        assertThat(left.data().path("count").asInt()).isEqualTo(2);
      }
      old.forget();
      bob.forget();
    }
  }

  @Test
  void oneOnAnotherServerIsClosedByTheLog() throws Exception {
    MemoryLog log = new MemoryLog(100, System::currentTimeMillis);
    try (TestServer here =
            rooms().attribute(ClusterEngine.class.getName(), new MemoryEngine(log)).start();
        TestServer there =
            rooms().attribute(ClusterEngine.class.getName(), new MemoryEngine(log)).start();
        RecordingClient old = there.connect("alice");
        RecordingClient bob = there.connect("bob")) {

      try (RecordingClient foreign = replace(here, "alice", bob.connectionId());
          RecordingClient fresh = replace(here, "alice", old.connectionId())) {
        assertThat(old.nextEvent()).isEqualTo(new Event.Closed(4409, "replaced"));
        // Its turn came before: nothing has happened to it.
        bob.subscribe("room:1");
        foreign.leave();
        fresh.leave();
      }
    }
  }

  @Test
  void anUnknownOneLeavesNothingInTheLogOfOneServer() {
    try (TestServer server = rooms().start();
        RecordingClient client = replace(server, "alice", "000000000000000000000000")) {
      assertThat(client.subscribe("room:1").data().path("seq").asLong()).isZero();
    }
  }
}
