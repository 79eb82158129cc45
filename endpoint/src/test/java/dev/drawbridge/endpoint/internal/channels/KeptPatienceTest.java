package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Whoever brings messages holds a lease: all parts of a batch have one time. */
class KeptPatienceTest {
  /** Takes long, but not too long, for each append. */
  private static final class SlowEngine implements ClusterEngine {
    private static final long APPEND_NANOS = TimeUnit.MILLISECONDS.toNanos(1_400);

    private final MemoryEngine memory = new MemoryEngine();

    @Override
    public String name() {
      return memory.name();
    }

    @Override
    public void start(Node node, Sink sink) {
      memory.start(node, sink);
    }

    @Override
    public void append(List<Entry> batch) throws EngineException {
      LockSupport.parkNanos(APPEND_NANOS);
      memory.append(batch);
    }

    @Override
    public Roster roster() {
      return memory.roster();
    }

    @Override
    public EngineHealth health() {
      return memory.health();
    }

    @Override
    public EngineInfo describe() {
      return memory.describe();
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  private static ChannelConfig oneAtATime() {
    ChannelConfig all = Scene.CONFIG;
    return new ChannelConfig(
        all.channelsPerConnection(),
        all.window(),
        all.windowMessages(),
        all.windowBytes(),
        all.replayMessages(),
        all.replayBytes(),
        all.presenceMembers(),
        all.presenceLinger(),
        1);
  }

  @Test
  void aBatchOfManyPartsIsGivenUpAfterFiveSeconds() {
    ChannelConfig config = oneAtATime();
    ChannelHub hub =
        new ChannelHub(
            config,
            new SlowEngine(),
            new Node("a", "", config.window(), config.windowMessages(), config.presenceMembers()),
            new Rules(Map.of("room:", new Scene.OpenRule())),
            Runnable::run,
            Scene.AUTHORISER_TIMEOUT,
            new Scene.Noted(),
            (type, text) -> EncodedMessage.of(text, () -> {}),
            EndpointMetrics.OFF);
    hub.start();
    try {
      assertThat(hub.awaitOpen(Duration.ofSeconds(5))).isTrue();
      List<ChannelSource.Message> batch =
          IntStream.range(0, 8)
              .mapToObj(n -> new ChannelSource.Message("o:" + n, "room:1", "chat.message", "" + n))
              .toList();

      long begun = System.nanoTime();
      Set<String> in = hub.publishKept(batch);
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);

      assertThat(took).isLessThan(5_500);
      assertThat(in).hasSizeBetween(1, 4).contains("o:0");
    } finally {
      hub.stop();
    }
  }
}
