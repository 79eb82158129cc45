package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connections whose key was taken away do not come back all at once. */
class ReloadSpreadTest {
  private static final String OLD = "an-old-secret-8f2c61d94b7e30a5c6d1";
  private static final String NEW = "a-new-secret-13e7b9a05d62c8f4a7b2";
  private static final TestTokens OLD_TOKENS = tokens(OLD);
  private static final TestTokens NEW_TOKENS = tokens(NEW);

  @TempDir Path directory;

  private static TestTokens tokens(String secret) {
    return new TestTokens(secret, TestTokens.ISSUER, TestTokens.AUDIENCE, Clock.systemUTC());
  }

  /** Both keys are good at its start. */
  private TestServer.Setup setup() throws IOException {
    write("drawbridge.jwt.secret=" + NEW, "drawbridge.jwt.secret.previous=" + OLD);
    return TestServer.setup()
        .production()
        .unset("drawbridge.jwt.secret")
        .managed()
        .set("drawbridge.connections.per.user", "0")
        // A tick of the timer is a fortieth of it.
        .set("drawbridge.heartbeat.interval", "1s")
        .set("drawbridge.heartbeat.grace", "1s")
        .endpoint(builder -> builder.on("echo", JsonNode.class, (data, connection) -> data))
        .set("drawbridge.settings.file", directory.resolve("settings").toString());
  }

  private void write(String... lines) throws IOException {
    Path fresh = Files.writeString(directory.resolve("fresh"), String.join("\n", lines) + "\n");
    Files.move(fresh, directory.resolve("settings"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static RecordingClient connect(TestServer server) {
    return RecordingClient.connect(server.uri(), OLD_TOKENS.of("alice"));
  }

  private static int reload(TestServer server) {
    var answer = server.post("/ws/reload", "");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return DiagnosticsServer.json(answer).path("closed").asInt();
  }

  @Test
  void clientsOfAKeyThatIsTakenAwayAreClosedOverTheTimeOfADrain() throws Exception {
    int many = 60;
    List<RecordingClient> clients = new ArrayList<>();
    try (TestServer server = setup().start()) {
      for (int i = 0; i < many; i++) {
        clients.add(connect(server));
      }
      write("drawbridge.jwt.secret=" + NEW);
      List<Long> ends = new ArrayList<>();
      long begun = System.nanoTime();

      int told = reload(server);

      // Whoever ends first is seen first: one thread looks at how many are left.
      for (int left = many; left > 0; ) {
        int open = server.connections().size();
        for (; left > open; left--) {
          ends.add(System.nanoTime() - begun);
        }
        Thread.onSpinWait();
      }
      assertThat(told).isEqualTo(many);
      for (RecordingClient client : clients) {
        assertThat(client.expectClose(4401).reason()).isEqualTo("token_key_unknown");
      }
      // 10 ms for each, 600 ms in all.
      LongStream early = ends.stream().mapToLong(each -> each).filter(each -> each < 200_000_000);
      assertThat(early.count()).isLessThan(many / 2);
      assertThat(ends.get(many - 1)).isGreaterThan(300_000_000L);
    } finally {
      clients.forEach(RecordingClient::close);
    }
  }

  @Test
  void whoBringsAnotherTokenBeforeItsTurnStays() throws Exception {
    AtomicLong now = new AtomicLong(System.nanoTime());
    try (TestServer server = setup().start();
        RecordingClient renews = connect(server);
        RecordingClient waits = connect(server)) {
      server.core().nanoTime(now::get);
      write("drawbridge.jwt.secret=" + NEW);
      assertThat(reload(server)).isEqualTo(2);
      renews.send("auth", "a1", Map.of("token", NEW_TOKENS.of("alice", Duration.ofHours(9))));
      assertThat(renews.expect("ack").id()).isEqualTo("a1");

      now.addAndGet(TimeUnit.SECONDS.toNanos(1));

      assertThat(waits.expectClose(4401).reason()).isEqualTo("token_key_unknown");
      assertThat(renews.request("echo", 1).type()).isEqualTo("ack");
      renews.leave();
    }
  }

  @Test
  void keyThatIsBackInTimeClosesNobody() throws Exception {
    AtomicLong now = new AtomicLong(System.nanoTime());
    CountDownLatch ticks = new CountDownLatch(2);
    try (TestServer server = setup().start();
        RecordingClient client = connect(server)) {
      server.core().nanoTime(now::get);
      write("drawbridge.jwt.secret=" + NEW);
      assertThat(reload(server)).isEqualTo(1);
      write("drawbridge.jwt.secret=" + NEW, "drawbridge.jwt.secret.previous=" + OLD);

      assertThat(reload(server)).isZero();

      now.addAndGet(TimeUnit.MINUTES.toNanos(1));
      server.core().onTick(ticks::countDown);
      assertThat(ticks.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }
}
