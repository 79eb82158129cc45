package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.TestClock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Section 7 of PROTOCOL.md with the shortest interval there is. */
class HeartbeatTest {
  private static TestServer.Setup setup() {
    return TestServer.setup()
        .set("drawbridge.heartbeat.interval", "1s")
        .set("drawbridge.heartbeat.grace", "1s");
  }

  private static RecordingClient connect(TestServer server, String subject, boolean answers) {
    RecordingClient client =
        RecordingClient.connect(
            server.uri(),
            options -> {
              options.token(TestServer.TOKENS.of(subject)).recordPings();
              if (!answers) {
                options.ignorePings();
              }
            });
    client.expect("welcome");
    return client;
  }

  @Test
  void quietClientIsAskedAndStays() {
    // Shorter than the heartbeat: an idle time-out of HTTP that came back would cut it.
    try (TestServer server = setup().httpIdle(Duration.ofMillis(300)).start();
        RecordingClient client = connect(server, "alice", true)) {
      for (int i = 0; i < 4; i++) {
        Frame ping = client.expect("ping");
        assertThat(ping.data().path("t").asLong()).isPositive();
      }
      HeartbeatStats stats = server.connections().heartbeat();
      TestServer.await(
          "the last pong is counted", () -> stats.answeredInTime() == stats.pingsSent());
      assertThat(stats.answeredInTime()).isGreaterThanOrEqualTo(4);
      assertThat(stats.answeredLate()).isZero();
      client.leave();
    }
  }

  @Test
  void firstPingComesBetweenHalfAndAllOfTheInterval() {
    try (TestServer server = setup().start()) {
      for (int i = 0; i < 3; i++) {
        try (RecordingClient client = connect(server, "alice", true)) {
          long start = System.nanoTime();
          client.expect("ping");
          assertThat(Duration.ofNanos(System.nanoTime() - start))
              .isBetween(Duration.ofMillis(400), Duration.ofMillis(1400));
        }
      }
    }
  }

  @Test
  void clientThatAnswersNothingIsClosedWith4511() {
    try (TestServer server = setup().start();
        RecordingClient client = connect(server, "alice", false)) {
      long start = System.nanoTime();
      client.expect("ping");
      dev.drawbridge.endpoint.testkit.Event event = client.nextEvent();
      while (event instanceof Frame frame && frame.type().equals("ping")) {
        event = client.nextEvent();
      }
      assertThat(event)
          .isEqualTo(new dev.drawbridge.endpoint.testkit.Event.Closed(4511, "heartbeat_timeout"));
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofMillis(1900), Duration.ofSeconds(4));
    }
  }

  @Test
  void anyFrameIsLife() {
    try (TestServer server = setup().start();
        RecordingClient client = connect(server, "alice", false)) {
      long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
      while (System.nanoTime() < end) {
        Frame next = client.expect("ping");
        assertThat(next.type()).isEqualTo("ping");
        client.sendText("{\"type\":\"pong\"}");
      }
      assertThat(server.connections().heartbeat().answeredInTime()).isZero();
    }
  }

  @Test
  void silentReaderOfBroadcastsIsAskedToo() {
    try (TestServer server = setup().start();
        RecordingClient client = connect(server, "alice", true)) {
      boolean asked = false;
      long end = System.nanoTime() + Duration.ofSeconds(3).toNanos();
      while (!asked && System.nanoTime() < end) {
        server.connections().all().send("tick", null);
        asked = client.next().type().equals("ping");
        java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
      assertThat(asked).isTrue();
      server.connections().list().forEach(Connection::close);
      dev.drawbridge.endpoint.testkit.Event event = client.nextEvent();
      while (event instanceof Frame) {
        event = client.nextEvent();
      }
    }
  }

  @Test
  void connectionThatTheServerDoesNotReadIsNotBlamed() {
    CountDownLatch gate = new CountDownLatch(1);
    try (TestServer server =
            setup()
                .set("drawbridge.receive.queue.frames", "2")
                .endpoint(
                    endpoint ->
                        endpoint.on(
                            "wait",
                            JsonNode.class,
                            (data, connection) -> {
                              gate.await();
                              return null;
                            }))
                .start();
        RecordingClient client = connect(server, "alice", true)) {
      for (int i = 0; i < 5; i++) {
        client.send("wait", "w" + i, Map.of());
      }
      long end = System.nanoTime() + Duration.ofMillis(3500).toNanos();
      int pings = 0;
      while (System.nanoTime() < end) {
        client.expect("ping");
        pings++;
      }
      assertThat(pings).isGreaterThanOrEqualTo(2);

      gate.countDown();

      for (int i = 0; i < 5; ) {
        Frame frame = client.next();
        if (!frame.type().equals("ping")) {
          assertThat(frame.id()).isEqualTo("w" + i);
          i++;
        }
      }
      assertThat(server.connections().size()).isEqualTo(1);
    }
  }

  @Test
  void senselessIntervalsStopTheStart() {
    for (String interval : new String[] {"500ms", "11m", "abc", "0s"}) {
      assertThatThrownBy(
              () ->
                  TestServer.setup().set("drawbridge.heartbeat.interval", interval).start().close())
          .hasStackTraceContaining("DRAWBRIDGE_HEARTBEAT_INTERVAL");
    }
    assertThatThrownBy(() -> setup().set("drawbridge.heartbeat.grace", "2s").start().close())
        .hasStackTraceContaining("DRAWBRIDGE_HEARTBEAT_GRACE (2s) must be <=");
  }

  @Test
  void jumpOfTheClockDisturbsNoHeartbeat() {
    TestClock clock = TestClock.running();
    try (TestServer server = setup().clock(clock).start();
        RecordingClient client = connect(server, "alice", true)) {
      client.expect("ping");
      clock.jump(Duration.ofMinutes(30));
      client.expect("ping");
      clock.jump(Duration.ofHours(-5));
      client.expect("ping");
      client.expect("ping");
      TestServer.await(
          "pongs are counted", () -> server.connections().heartbeat().answeredInTime() >= 4);
      client.leave();
    }
  }
}
