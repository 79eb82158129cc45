package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A state and its time are one: no tick sees the one without the other. */
class PhaseTest {
  private static TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data));
  }

  private static Link only(TestServer server) {
    return server.connections().list().get(0).link();
  }

  @Test
  void tickBetweenTheCloseAndItsTimeCutsNobody() {
    try (TestServer server = setup().start();
        RecordingClient client = server.connect("alice")) {
      Link link = only(server);
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
      Link link = only(server);
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
      Link link = only(server);
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
}
