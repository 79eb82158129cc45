package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineHealth.State;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.testing.CapturedLog;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the log says when the engine of channels goes, is slow and comes back. */
class EngineWatchTest {
  private final Engine engine = new Engine();
  private final EngineWatch watch = new EngineWatch(engine, "n1", () -> engine.state);
  private CapturedLog log;
  private long nowMillis = 1_000_000;

  /** An engine that is as the test says. */
  private static final class Engine implements ClusterEngine {
    private State state = State.DOWN;
    private @Nullable String reason = "not connected yet";
    private List<String> warnings = List.of();

    private void is(State now, @Nullable String why) {
      state = now;
      reason = why;
    }

    @Override
    public String name() {
      return "redis";
    }

    @Override
    public void start(Node node, Sink sink) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void append(List<Entry> batch) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Roster roster() {
      throw new UnsupportedOperationException();
    }

    @Override
    public EngineHealth health() {
      return new EngineHealth(state, Instant.EPOCH, reason, 1_500, null);
    }

    @Override
    public EngineInfo describe() {
      return new EngineInfo("redis", "7.0.15", "aof", "", "block", warnings);
    }

    @Override
    public void close() {
      // Holds nothing.
    }
  }

  @BeforeEach
  void listen() {
    log = CapturedLog.of(EngineWatch.class);
  }

  @AfterEach
  void stopListening() {
    log.close();
  }

  private void pass(long millis) {
    for (long end = nowMillis + millis; nowMillis < end; nowMillis += 100) {
      watch.tick(TimeUnit.MILLISECONDS.toNanos(nowMillis));
    }
  }

  @Test
  void theFirstConnectionIsToldAtOnceAndOnce() {
    pass(1_000);
    engine.is(State.UP, null);
    pass(10_000);

    assertThat(log.messages()).containsExactly("channels are carried by redis 7.0.15, node n1");
  }

  @Test
  void anOutageIsOneLineWithItsReasonAndItsEndAnotherWithItsLength() {
    engine.is(State.UP, null);
    pass(1_000);
    engine.is(State.DOWN, "ConnectException: Connection refused");
    pass(30_000);
    engine.is(State.UP, null);
    pass(10_000);

    assertThat(log.messages().subList(1, log.messages().size()))
        .containsExactly(
            "the engine of the channels is out of reach, and publishes are refused:"
                + " ConnectException: Connection refused",
            "the engine of the channels is reached and keeps up again, after 30 s");
  }

  @Test
  void aServerThatHasNotReachedItSinceItsStartSaysSo() {
    pass(5_000);
    engine.is(State.UP, null);
    pass(5_000);

    assertThat(log.messages())
        .containsExactly(
            "the engine of the channels is out of reach, and publishes are refused: not connected"
                + " yet",
            "channels are carried by redis 7.0.15, node n1");
  }

  @Test
  void whatDoesNotLastIsNotTold() {
    engine.is(State.UP, null);
    pass(1_000);
    for (int i = 0; i < 20; i++) {
      engine.is(State.DOWN, "SocketTimeoutException: Read timed out");
      pass(1_000);
      engine.is(State.UP, null);
      pass(1_000);
    }
    engine.is(State.BEHIND, null);
    pass(5_000);
    engine.is(State.UP, null);
    pass(5_000);

    assertThat(log.messages()).hasSize(1);
  }

  @Test
  void slownessThatLastsIsToldWithWhatIsKnown() {
    engine.is(State.UP, null);
    pass(1_000);
    engine.is(State.BEHIND, null);
    pass(15_000);

    assertThat(log.messages())
        .last()
        .isEqualTo("the engine of the channels is slow: an append took 1500 ms to come back");
  }

  @Test
  void eachWarningOfTheEngineIsToldOnce() {
    engine.warnings = List.of("maxmemory-policy must be noeviction: allkeys-lru");
    engine.is(State.UP, null);
    pass(5_000);
    engine.warnings = List.of("maxmemory-policy must be noeviction: allkeys-lru", "it is old");
    pass(5_000);

    assertThat(log.messages().subList(1, log.messages().size()))
        .containsExactly(
            "the engine of the channels needs a look: maxmemory-policy must be noeviction:"
                + " allkeys-lru",
            "the engine of the channels needs a look: it is old");
  }

  @Test
  void aWarningWhoseFigureChangesIsTheSameAndLeavesRoomForOthers() {
    engine.is(State.UP, null);
    for (int i = 0; i < 100; i++) {
      engine.warnings =
          List.of("memory is at " + i + "." + i + " % of maxmemory", "evicted keys: " + i);
      pass(2_000);
    }
    engine.warnings = List.of("maxmemory-policy must be noeviction: allkeys-lru");
    pass(2_000);

    assertThat(log.messages().subList(1, log.messages().size()))
        .containsExactly(
            "the engine of the channels needs a look: memory is at 0.0 % of maxmemory",
            "the engine of the channels needs a look: evicted keys: 0",
            "the engine of the channels needs a look: maxmemory-policy must be noeviction:"
                + " allkeys-lru");
  }
}
