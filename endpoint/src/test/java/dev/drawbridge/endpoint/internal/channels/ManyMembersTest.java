package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** More presence entries at once than a tail may have to do, in the memory of one server. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ManyMembersTest {
  private static final int CHANNELS = 20_000;

  @Test
  void theyAreToldAndAForeignPositionIsJudgedMeanwhile() throws Exception {
    AtomicLong clock = new AtomicLong(1_000_000);
    MemoryEngine engine = new MemoryEngine(new MemoryLog(0, clock::get));
    Scene.OpenRule rule = new Scene.OpenRule();
    rule.presence = true;
    ChannelConfig config =
        new ChannelConfig(
            CHANNELS,
            Duration.ofMinutes(5),
            2 * CHANNELS,
            Scene.CONFIG.windowBytes(),
            256,
            512 * 1024,
            200,
            Duration.ofSeconds(10),
            1_000);
    Scene node = new Scene(engine, "a", config, rule);
    node.step();
    FakeConnection bob = new FakeConnection("c1", "bob");
    FakeConnection eve = new FakeConnection("c2", "eve");
    node.subscribe(
        bob, IntStream.range(0, CHANNELS).mapToObj(i -> "room:" + i).toArray(String[]::new));
    node.hub.tail().work(System.nanoTime());

    long now = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    node.hub.presence().work(now);
    node.resume(eve, new Position("anotherE", 5), Set.of("room:1"));
    node.step(now + TimeUnit.SECONDS.toNanos(1));

    assertThat(engine.roster().members(Member.CHANNEL + "room:19999", 10).count()).isEqualTo(1);
    assertThat(eve.take().get(0)).contains("epoch_changed");
  }
}
