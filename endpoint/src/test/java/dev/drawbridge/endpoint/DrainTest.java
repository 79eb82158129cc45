package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.server.Drain;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section 9 of PROTOCOL.md: how an endpoint is emptied. */
class DrainTest {
  private final CountDownLatch gate = new CountDownLatch(1);
  private final CountDownLatch running = new CountDownLatch(1);

  private TestServer.Setup setup() {
    return TestServer.setup()
        .set("drawbridge.heartbeat.interval", "1s")
        .set("drawbridge.heartbeat.grace", "1s")
        .endpoint(
            endpoint ->
                endpoint.on(
                    "wait",
                    JsonNode.class,
                    (data, connection) -> {
                      running.countDown();
                      gate.await();
                      return "done";
                    }));
  }

  @Test
  void drainTellsWaitsAndCloses() {
    try (TestServer server = setup().start();
        RecordingClient busy = server.connect("alice");
        RecordingClient idle = server.connect("bob")) {
      busy.send("wait", "w", 1);
      TestServer.await("the handler runs", () -> running.getCount() == 0);

      CompletionStage<Void> drained = server.connections().drain();

      assertThat(idle.expect("drain").data().path("reconnectAfterMs").asInt()).isBetween(0, 500);
      assertThat(idle.expectClose(1012).reason()).isEqualTo("draining");
      busy.expect("drain");
      assertThatThrownBy(() -> server.connect("carol"))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(503));
      assertThat(drained.toCompletableFuture()).isNotDone();

      gate.countDown();

      assertThat(busy.expect("ack").data().asText()).isEqualTo("done");
      busy.expectClose(1012);
      assertThat(drained.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
      assertThat(server.connections().drain().toCompletableFuture()).isDone();
    }
  }

  @Test
  void handlerThatHangsIsNotWaitedForLongerThanTenSeconds() {
    try (TestServer server = setup().start();
        RecordingClient busy = server.connect("alice")) {
      busy.send("wait", "w", 1);
      TestServer.await("the handler runs", () -> running.getCount() == 0);

      CompletionStage<Void> drained = server.connections().drain();

      assertThat(drained.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(14));
      busy.expect("drain");
      busy.expectClose(1012);
      gate.countDown();
    }
  }

  @ParameterizedTest
  @CsvSource({"0,500", "10,500", "100,1000", "1000,10000", "5000,30000", "50000,30000"})
  void comingBackIsSpread(int connections, long milliseconds) {
    assertThat(Drain.spreadMs(connections)).isEqualTo(milliseconds);
  }

  @Test
  void routeDrainsForTheManagementToken() {
    try (TestServer server = setup().managed().start();
        RecordingClient client = server.connect("alice")) {
      var answer = server.post("/ws/drain", "", "X-Forwarded-For", "192.0.2.1");

      assertThat(answer.statusCode()).isEqualTo(202);
      assertThat(answer.body()).isEqualTo("{\"status\":\"draining\",\"connections\":1}");
      client.expect("drain");
      client.expectClose(1012);
    }
  }

  @Test
  void managementDrains() throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName("dev.drawbridge:type=Connections,context=\"/managed\"");
    try (TestServer server = setup().contextPath("/managed").start();
        RecordingClient client = server.connect("alice")) {
      assertThat(beans.getAttribute(name, "Connections")).isEqualTo(1);
      assertThat(beans.getAttribute(name, "Draining")).isEqualTo(false);

      beans.invoke(name, "drain", new Object[0], new String[0]);

      client.expect("drain");
      client.expectClose(1012);
      assertThat(beans.getAttribute(name, "Draining")).isEqualTo(true);
    }
    assertThat(beans.isRegistered(name)).isFalse();
  }

  @Test
  void eachOfTwoApplicationsOfOnePathIsManaged() throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName first = new ObjectName("dev.drawbridge:type=Connections,context=\"/twins\"");
    ObjectName second = new ObjectName(first + ",instance=2");
    try (TestServer server = setup().contextPath("/twins").start();
        TestServer twin = setup().contextPath("/twins").start();
        RecordingClient stays = server.connect("alice");
        RecordingClient goes = twin.connect("bob")) {
      beans.invoke(second, "drain", new Object[0], new String[0]);

      goes.expect("drain");
      goes.expectClose(1012);
      assertThat(beans.getAttribute(second, "Draining")).isEqualTo(true);
      assertThat(beans.getAttribute(first, "Draining")).isEqualTo(false);
      assertThat(beans.getAttribute(first, "Connections")).isEqualTo(1);
      stays.leave();
    }
    assertThat(beans.isRegistered(first)).isFalse();
    assertThat(beans.isRegistered(second)).isFalse();
  }

  @Test
  void plainStopOfTheContainerClosesWith1001() throws Exception {
    TestServer server = setup().start();
    try (RecordingClient client = server.connect("alice")) {
      // An answer shows that the connection is open all through.
      gate.countDown();
      client.request("wait", 1);

      server.context().stop();

      client.expectClose(1001);
    } finally {
      server.jetty().stop();
      server.directory().close();
    }
  }
}
