package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.connection.CloseReport;
import dev.drawbridge.endpoint.internal.connection.HeartbeatCounts;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.receive.HandlerThreads;
import dev.drawbridge.endpoint.internal.receive.RateLimit;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.jwt.Handshake;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The numbers of PROTOCOL.md and of the README, written down once more: 60 s is elsewhere. */
class NumbersTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data));
  }

  private static ServerConnection linkOf(TestServer server, String subject) {
    TestServer.await(
        "the connection is open", () -> server.connections().forUser(subject).size() > 0);
    return server.connections().links(subject).get(0);
  }

  /** Sends until the socket takes no more, so that what follows has to wait. */
  private static void fillTheSocket(ServerConnection link, int bytes) {
    String text = "x".repeat(bytes);
    for (int i = 0; i < 10_000 && link.pending() < 2; i++) {
      link.connection().send("news", text);
    }
    assertThat(link.pending()).isEqualTo(2);
  }

  @Test
  void fiveHundredAndTwelveFramesWaitAndOneMoreClosesWithTheLimitAndTheValue() throws Exception {
    try (TestServer server = setup().start();
        RawSocket sleeper = RawSocket.open(server, "alice")) {
      ServerConnection link = linkOf(server, "alice");
      String text = "x".repeat(1000);
      CompletionStage<Void> last = link.connection().send("news", text);
      int most = 0;
      for (int i = 0; i < 50_000 && link.isOpen(); i++) {
        most = Math.max(most, link.pending());
        last = link.connection().send("news", text);
      }

      assertThat(sleeper).isNotNull();
      // One is being written.
      assertThat(most).isEqualTo(1 + 512);
      assertThat(link.isOpen()).isFalse();
      assertThat(last.toCompletableFuture())
          .failsWithin(Duration.ofSeconds(5))
          .withThrowableOfType(java.util.concurrent.ExecutionException.class)
          .withMessageContaining("512 frames and ")
          .withMessageContaining("at most 512 and 1048576 may");
    }
  }

  @Test
  void oneMebibyteWaitsAndTheFrameBehindItCloses() throws Exception {
    try (TestServer server = setup().start();
        RawSocket sleeper = RawSocket.open(server, "alice")) {
      ServerConnection link = linkOf(server, "alice");
      fillTheSocket(link, 1000);
      String large = "x".repeat(100 * 1024);
      int waiting = link.monitor().outgoing().queuedBytes();
      while (link.isOpen() && waiting < 1_048_576) {
        link.connection().send("news", large);
        waiting = link.monitor().outgoing().queuedBytes();
      }
      boolean openAtTheLimit = link.isOpen();

      link.connection().send("news", 1);

      assertThat(sleeper).isNotNull();
      assertThat(openAtTheLimit).isTrue();
      assertThat(link.isOpen()).isFalse();
    }
  }

  @Test
  void largeFrameBehindOneThatIsBeingWrittenIsNoSlowClient() throws Exception {
    try (TestServer server = setup().set("drawbridge.send.timeout", "1m").start();
        RecordingClient reader =
            RecordingClient.connect(
                server.uri(),
                options -> options.token(new TestTokens().of("alice")).recordPings())) {
      reader.expect("welcome");
      ServerConnection link = linkOf(server, "alice");
      String text = "x".repeat(5_000_000);
      CompletableFuture<Void> first = link.connection().send("news", text).toCompletableFuture();
      CompletableFuture<Void> second = link.connection().send("news", text).toCompletableFuture();

      link.monitor().ping(System.nanoTime());

      assertThat(link.isOpen()).isTrue();
      // The ping may come before the second frame, or behind it.
      assertThat(List.of(reader.next().type(), reader.next().type(), reader.next().type()))
          .containsExactlyInAnyOrder("news", "ping", "news");
      assertThat(first).succeedsWithin(Duration.ofSeconds(10));
      assertThat(second).succeedsWithin(Duration.ofSeconds(10));
      reader.leave();
    }
  }

  @Test
  void frameMayWaitTenSeconds() throws Exception {
    try (TestServer server =
            setup()
                .set("drawbridge.heartbeat.interval", "10m")
                .set("drawbridge.heartbeat.grace", "10m")
                .start();
        RawSocket sleeper = RawSocket.open(server, "alice")) {
      ServerConnection link = linkOf(server, "alice");
      fillTheSocket(link, 10_000);
      long filled = System.nanoTime();

      link.tick(filled + 9 * SECOND, Instant.now());
      boolean openBefore = link.isOpen();
      link.tick(filled + 10 * SECOND + SECOND / 100, Instant.now());

      assertThat(sleeper).isNotNull();
      assertThat(openBefore).isTrue();
      assertThat(link.isOpen()).isFalse();
    }
  }

  @Test
  void processThatStoodStillBlamesNoReader() throws Exception {
    try (TestServer server = setup().start();
        RawSocket sleeper = RawSocket.open(server, "alice")) {
      ServerConnection link = linkOf(server, "alice");
      fillTheSocket(link, 10_000);
      long later = System.nanoTime() + 40 * SECOND;

      link.forgive(later);
      link.tick(later, Instant.now());

      assertThat(sleeper).isNotNull();
      assertThat(link.isOpen()).isTrue();
    }
  }

  @Test
  void handlersRunOnTwoHundredAndFiftySixThreads() throws Exception {
    HandlerThreads threads = new HandlerThreads(NumbersTest.class.getClassLoader());
    CountDownLatch gate = new CountDownLatch(1);
    AtomicInteger running = new AtomicInteger();
    try {
      for (int i = 0; i < 300; i++) {
        threads.execute(
            () -> {
              running.incrementAndGet();
              try {
                gate.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
      TestServer.await("256 run", () -> running.get() == 256);
      for (int i = 0; i < 300; i++) {
        threads.stuck();
      }
      // 44 waited and had a thread each, whose place was lent.
      TestServer.await("all run", () -> running.get() == 300);
      for (int i = 0; i < 300; i++) {
        threads.execute(
            () -> {
              running.incrementAndGet();
              try {
                gate.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
      TestServer.await("256 more are lent", () -> running.get() == 512);
      threads.stuck();
      assertThat(running).hasValue(512);
    } finally {
      gate.countDown();
      threads.stop();
    }
  }

  @Test
  void drainIsOverAfterFifteenSecondsWhateverIsOpening() {
    try (TestServer server = setup().start()) {
      EndpointRuntime core = server.core();
      ServerConnection opening = opening(core);
      CompletableFuture<Void> drained = server.connections().drain().toCompletableFuture();

      server.connections().draining().tick(System.nanoTime() + 9 * SECOND);
      boolean doneEarly = drained.isDone();
      server.connections().draining().tick(System.nanoTime() + 15 * SECOND);

      assertThat(doneEarly).isFalse();
      assertThat(drained).succeedsWithin(Duration.ofSeconds(5));
      assertThat(opening.isEnded()).isTrue();
      assertThat(core.opening()).isEmpty();
    }
  }

  /** One that is admitted, and whose upgrade never ends. */
  private static ServerConnection opening(EndpointRuntime core) {
    Handshake handshake =
        new Handshake(
            User.of("alice", "Alice", Set.of()),
            null,
            null,
            Instant.now().plusSeconds(60),
            Set.of(),
            null,
            "attempt",
            "authorization");
    ServerConnection link =
        new ServerConnection(
            core,
            handshake,
            HandshakeFacts.of(null, Map.of()),
            core.admission().take("alice", "127.0.0.1"),
            null);
    core.opening().add(link);
    return link;
  }

  @Test
  void reliabilityIsOfThePingsSentEverywhere() {
    HeartbeatCounts stats = new HeartbeatCounts();
    boolean emptyBefore = stats.reliability().isEmpty();
    for (int i = 0; i < 10; i++) {
      stats.sent();
    }
    for (int i = 0; i < 7; i++) {
      stats.answered(true);
    }

    assertThat(emptyBefore).isTrue();
    assertThat(stats.reliability()).hasValue(0.7);
  }

  @Test
  void reliabilityOfTheDiagnosticsIsThatOfTheStats() throws Exception {
    try (TestServer server = setup().start();
        RecordingClient client =
            RecordingClient.connect(
                server.uri(),
                options -> options.token(new TestTokens().of("alice")).ignorePings())) {
      linkOf(server, "alice").monitor().ping(System.nanoTime());

      assertThat(server.connections().heartbeat().reliability()).hasValue(0.0);
      assertThat(server.get("/ws/diagnostics.json").body()).contains("\"reliability\":0.0");
      client.forget();
    }
  }

  @Test
  void attemptsEndWithAWordOfTheProtocolOrWithANumber() {
    assertThat(word(4510, "slow_consumer", true)).isEqualTo("slow_consumer");
    assertThat(word(4401, "token_expired", true)).isEqualTo("token_expired");
    assertThat(word(4429, "rate_limited", true)).isEqualTo("rate_limited");
    assertThat(word(1012, "draining", true)).isEqualTo("draining");
    assertThat(word(1000, "", true)).isEqualTo("closed_1000");
    assertThat(word(1000, "See you later: order 4711", true)).isEqualTo("closed_1000");
    assertThat(word(1006, "writing failed", true)).isEqualTo("closed_1006");
    assertThat(word(1001, "the server stops", true)).isEqualTo("closed_1001");
    assertThat(word(4510, "slow_consumer", false)).isEqualTo("closed_4510");
  }

  private static String word(int code, String why, boolean byServer) {
    return new CloseReport.Close(code, why, byServer ? Initiator.SERVER : Initiator.CLIENT, null)
        .word();
  }

  @Test
  void overrunOfTheRateSaysTheLimitAndTheValue() {
    RateLimit rate = new RateLimit(10, 2, 0);
    for (int i = 0; i < 5; i++) {
      rate.take(0);
    }

    assertThat(rate.overrun(SECOND)).isEqualTo("3 more within 1000 ms");
  }
}
