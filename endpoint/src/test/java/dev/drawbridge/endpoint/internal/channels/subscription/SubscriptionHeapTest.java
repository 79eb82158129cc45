package dev.drawbridge.endpoint.internal.channels.subscription;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.channels.FakeConnection;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Isolated("measures the heap")
class SubscriptionHeapTest {
  /** The names count, too: each was read from a frame of its own. */
  @ParameterizedTest
  @CsvSource({"100_000", "1_000", "10"})
  void aSubscriptionTakesLittleHeapHoweverManyShareAChannel(String channelCount) {
    int channels = Integer.parseInt(channelCount.replace("_", ""));
    int subscriptions = 100_000;
    int each = Math.min(100, channels);
    List<FakeConnection> connections = new ArrayList<>();
    for (int i = 0; i < subscriptions / each; i++) {
      connections.add(new FakeConnection("c" + i, "u"));
    }
    List<Long> taken = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      Subscriptions index = new Subscriptions();
      long before = used();
      int next = 0;
      for (FakeConnection one : connections) {
        for (int i = 0; i < each; i++) {
          index.add(one, ChannelNames.inLog("room:" + next++ % channels, "u"), false);
        }
      }
      taken.add((used() - before) / subscriptions);
      assertThat(index.count()).isEqualTo(subscriptions);
      connections.forEach(index::removeAll);
    }

    // A collection that somebody else began makes one round wrong, not all.
    assertThat(Collections.min(taken)).isBetween(20L, 160L);
  }

  private static long used() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    for (int i = 0; i < 4; i++) {
      memory.gc();
    }
    return memory.getHeapMemoryUsage().getUsed();
  }
}
