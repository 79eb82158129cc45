package dev.drawbridge.endpoint.internal.channels.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.channels.subscription.Frame;
import dev.drawbridge.endpoint.internal.metrics.Count;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowTest {
  private static final Count NOTHING = () -> {};
  private static final long SECOND = 1_000_000_000;

  private static Frame frame(String channel, int number) {
    return new Frame(channel, new EncodedMessage(channel + number, 10, NOTHING));
  }

  @Test
  void isBoundedByCountAgeAndBytes() {
    Window byCount = new Window(Long.MAX_VALUE, 3, Long.MAX_VALUE);
    Window byAge = new Window(5 * SECOND, 100, Long.MAX_VALUE);
    Window byBytes = new Window(Long.MAX_VALUE, 100, 25);

    for (int i = 1; i <= 10; i++) {
      byCount.add(frame("a", i), i * SECOND);
      byAge.add(frame("a", i), i * SECOND);
      byBytes.add(frame("a", i), i * SECOND);
    }

    assertThat(byCount.start()).isEqualTo(7);
    assertThat(byAge.start()).isEqualTo(4);
    assertThat(byBytes.start()).isEqualTo(8);
    assertThat(byBytes.bytes()).isEqualTo(20);
    byAge.trim(100 * SECOND);
    assertThat(byAge.entries()).isZero();
    assertThat(byAge.start()).isEqualTo(10);
    assertThat(byAge.channels()).isZero();
  }

  @Test
  void restartsAtAnyPosition() {
    Window window = new Window(Long.MAX_VALUE, 10, Long.MAX_VALUE);
    window.add(frame("a", 1), 0);

    window.restart(500);
    window.add(null, 0);
    window.add(frame("a", 502), 0);

    assertThat(window.start()).isEqualTo(500);
    assertThat(window.missed(Map.of("a", 500L), 10, 1000).frames())
        .containsExactly(frame("a", 502));
  }

  @Test
  void findsWhatEachChannelHasMissedHoweverItWraps() {
    Random random = new Random(1);
    Window window = new Window(Long.MAX_VALUE, 100, Long.MAX_VALUE);
    List<Frame> all = new ArrayList<>();

    for (int seq = 1; seq <= 2_000; seq++) {
      int channel = random.nextInt(7);
      Frame one = channel == 6 ? null : frame("c" + channel, seq);
      all.add(one);
      window.add(one, seq);
      Map<String, Long> after = new HashMap<>();
      for (int i = 0; i < 3; i++) {
        after.put(
            "c" + random.nextInt(6),
            window.start() + random.nextInt((int) (seq - window.start()) + 1));
      }
      List<Frame> expected = new ArrayList<>();
      for (int i = 0; i < all.size(); i++) {
        Frame each = all.get(i);
        if (each != null && i + 1 > after.getOrDefault(each.channel(), Long.MAX_VALUE)) {
          expected.add(each);
        }
      }

      assertThat(window.missed(after, 1000, 100_000).frames()).isEqualTo(expected);
      assertThat(window.missed(after, expected.size(), 10 * expected.size()).tooMany()).isFalse();
      if (!expected.isEmpty()) {
        assertThat(window.missed(after, expected.size() - 1, 100_000).tooMany()).isTrue();
        assertThat(window.missed(after, 1000, 10 * expected.size() - 1).tooMany()).isTrue();
      }
    }
  }
}
