package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An engine whose log, sink or sentinels fail in ways that nobody plans. */
class RedisTailTest {
  private RedisProcess redis;
  private RedisProcess other;
  private Link link;
  private RedisEngine engine;
  private Listener listener;

  /** Keeps what it is told, and fails when it is told to. */
  private static final class Listener implements ClusterEngine.Sink {
    private final List<Entry> entries = new CopyOnWriteArrayList<>();
    private final List<ResetReason> resets = new CopyOnWriteArrayList<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private volatile Head head;

    @Override
    public void entry(Entry entry) {
      fail();
      entries.add(entry);
    }

    @Override
    public void reset(Head to, ResetReason reason) {
      fail();
      head = to;
      resets.add(reason);
    }

    private void fail() {
      Throwable next = failures.poll();
      if (next instanceof Error error) {
        throw error;
      }
      if (next instanceof RuntimeException exception) {
        throw exception;
      }
    }
  }

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start();
    link = new Link(redis.port());
    engine = new RedisEngine(new RedisAddress("redis://127.0.0.1:" + link.port()));
    listener = new Listener();
    engine.start(new Node("a", "contract", Duration.ofMinutes(5), 1_000, 200), listener);
    eventually("it is up", () -> engine.health().state() == EngineHealth.State.UP);
    eventually("the log is open", () -> listener.head != null);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : new AutoCloseable[] {engine, link, redis, other}) {
      if (one != null) {
        one.close();
      }
    }
  }

  private Entry draft(long n, String text) {
    String frame = "{\"type\":\"t\",\"seq\":,\"data\":\"" + text + "\"}";
    return Entry.message("room:1", "t", frame, null)
        .from(new Position(listener.head.epoch(), engine.tailed()), "a", n);
  }

  @Test
  void aRefusalOfAnotherServerSaysNothingOfATryThatWasSent() throws Exception {
    engine.append(List.of(draft(1, "first")));
    eventually("it is back", () -> listener.entries.size() == 1);
    other = RedisProcess.start();
    link.target(other.port());
    link.loseAnswer("marked", false);

    EngineException told =
        catchThrowableOfType(
            EngineException.class, () -> engine.append(List.of(draft(2, "marked"))));

    assertThat(told.outcome()).isEqualTo(Outcome.UNKNOWN);
    eventually("it is in the log", () -> listener.entries.size() == 2);
    EngineException next =
        catchThrowableOfType(EngineException.class, () -> engine.append(List.of(draft(3, "next"))));
    assertThat(next.outcome()).as("nothing was sent before").isEqualTo(Outcome.NOT_SENT);
  }

  @Test
  void theLogGoesOnThoughTheMachineHasNoMemoryForAWhile() throws Exception {
    for (int i = 0; i < 3; i++) {
      listener.failures.add(new OutOfMemoryError("of the test"));
    }
    listener.failures.add(new StackOverflowError("of the test"));
    engine.append(List.of(draft(1, "lost")));

    eventually("it begins anew", () -> listener.resets.contains(ResetReason.TRIMMED));
    eventually("it is up", () -> engine.health().state() == EngineHealth.State.UP);
    engine.append(List.of(draft(2, "next")));
    eventually(
        "the next one comes",
        () -> listener.entries.stream().map(Entry::n).collect(Collectors.toList()).contains(2L));
  }

  @Test
  void anErrorWithoutWordsIsSaidAsDown() throws Exception {
    for (int i = 0; i < 40; i++) {
      listener.failures.add(new OutOfMemoryError());
    }
    engine.append(List.of(draft(1, "lost")));

    eventually("it is told", () -> engine.health().state() == EngineHealth.State.DOWN);
    listener.failures.clear();
    eventually("it is up", () -> engine.health().state() == EngineHealth.State.UP);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 100, 512",
    "64, 20000, 512",
    "64, 6400000, 10",
    "8, 80000000, 8",
    "512, 1048576, 512",
    "512, 2097152, 256",
    "1, 0, 512"
  })
  void aReadAsksForAboutAMebibyte(int entries, long bytes, int next) {
    assertThat(RedisTail.entriesAtOnce(entries, bytes)).isEqualTo(next);
  }

  @Test
  void aSearchAmongSilentSentinelsEndsWithTheEngine() throws Exception {
    List<ServerSocket> silent = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      silent.add(new ServerSocket(0, 5, InetAddress.getLoopbackAddress()));
    }
    String hosts =
        silent.stream()
            .map(one -> "127.0.0.1:" + one.getLocalPort())
            .collect(Collectors.joining(","));
    Sentinels sentinels =
        new Sentinels(new RedisAddress("redis+sentinel://" + hosts + "/mymaster"));
    CompletableFuture<Void> search = CompletableFuture.runAsync(sentinels::find);
    try (Socket first = silent.get(0).accept()) {
      assertThat(first.isConnected()).isTrue();

      sentinels.close();

      search.get(2_500, TimeUnit.MILLISECONDS);
    } finally {
      for (ServerSocket one : silent) {
        one.close();
      }
    }
  }
}
