package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.receive.HandlerTask;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A state and its time are one: no tick sees the one without the other. */
class PhaseTest {
  private static TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data));
  }

  private static ServerConnection only(TestServer server) {
    return server.connections().links().iterator().next();
  }

  @Test
  void tickBetweenTheCloseAndItsTimeCutsNobody() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      ServerConnection link = only(server);
      AtomicInteger ticks = new AtomicInteger();
      // Whenever a time is taken, the timer comes first.
      server
          .core()
          .nanoTime(
              () -> {
                long now = System.nanoTime();
                ticks.incrementAndGet();
                link.tick(now, Instant.now());
                return now;
              });

      link.close(CloseCode.NORMAL, "done");

      assertThat(client.expectClose(1000).reason()).isEqualTo("done");
      assertThat(ticks).hasValueGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void clientThatDoesNotAnswerACloseIsCutAfterTwoSecondsAndNotBefore() throws Exception {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      ServerConnection link = only(server);
      link.close(CloseCode.NORMAL, "");
      long closed = System.nanoTime();
      assertThat(socket.read().closeCode()).isEqualTo(1000);

      link.tick(closed + TimeUnit.MILLISECONDS.toNanos(1900), Instant.now());
      boolean endedEarly = link.isEnded();
      link.tick(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(2001), Instant.now());

      assertThat(endedEarly).isFalse();
      assertThat(link.isEnded()).isTrue();
    }
  }

  @Test
  void processThatStoodStillGivesAClosingConnectionItsTimeAgain() throws Exception {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      ServerConnection link = only(server);
      link.close(CloseCode.NORMAL, "");
      assertThat(socket.read().closeCode()).isEqualTo(1000);
      long later = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);

      link.forgive(later);
      link.tick(later, Instant.now());

      assertThat(link.isEnded()).isFalse();
    }
  }

  @Test
  void taskHasATimeFromTheMomentAtWhichItHasAThread() {
    HandlerTask task = new HandlerTask(null, "echo", null, null);
    long before = task.ageNanos(System.nanoTime() + TimeUnit.HOURS.toNanos(1));

    task.enter(Thread.currentThread());

    assertThat(before).isNegative();
    assertThat(task.ageNanos(System.nanoTime())).isNotNegative();
    assertThat(task.interrupt()).isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(task.leave()).isTrue();
  }

  @Test
  void processThatStoodStillGivesARefusedMessageItsTimeAgain() throws Exception {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      ServerConnection link = only(server);
      // The beginning of a binary message, whose end is still to come.
      socket.raw(RawSocket.frame(RawSocket.BINARY, false, false, 1, new byte[] {1}));
      assertThat(socket.readUntil(RawSocket.TEXT).text()).contains("message_not_text");
      // Who answers it has noted the refusal before.
      socket.raw(RawSocket.frame(RawSocket.PING, true, false, 0, new byte[0]));
      socket.readUntil(RawSocket.PONG);
      long later = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);

      link.forgive(later);
      link.tick(later, Instant.now());
      boolean openAfterTheStandstill = link.isOpen();
      link.tick(later + TimeUnit.SECONDS.toNanos(3), Instant.now());

      assertThat(openAfterTheStandstill).isTrue();
      assertThat(link.isOpen()).isFalse();
    }
  }

  @Test
  void processThatStoodStillGivesAHandlerItsTimeAgain() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    try (TestServer server =
            TestServer.setup()
                .endpoint(
                    endpoint ->
                        endpoint.on(
                            "slow",
                            JsonNode.class,
                            (data, connection) -> {
                              inside.countDown();
                              gate.await();
                              return data;
                            }))
                .start();
        RecordingClient client = server.connect("alice")) {
      client.send("slow", "s", 1);
      assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
      long later = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);

      ServerConnection link = only(server);
      link.forgive(later);
      link.tick(later, Instant.now());
      gate.countDown();

      assertThat(client.expect("ack").id()).isEqualTo("s");
      client.leave();
    }
  }

  @Test
  void reasonThatUtf8CannotWriteIsRefusedAndClosesNothing() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      Connection connection = server.connections().list().get(0);

      assertThatThrownBy(() -> connection.close(CloseCode.NORMAL, "a\ud83d"))
          .isInstanceOf(IllegalArgumentException.class);

      assertThat(connection.isOpen()).isTrue();
      connection.close(CloseCode.NORMAL, "\ud83d\ude00");
      assertThat(client.expectClose(1000).reason()).isEqualTo("\ud83d\ude00");
    }
  }
}
