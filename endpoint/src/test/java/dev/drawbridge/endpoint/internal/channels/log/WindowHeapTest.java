package dev.drawbridge.endpoint.internal.channels.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.channels.subscription.Frame;
import dev.drawbridge.endpoint.internal.metrics.Count;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.testing.DocumentedNumbers;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a message costs as long as it can be replayed. */
@Isolated("measures the heap")
class WindowHeapTest {
  private static final int MESSAGES = 60_000;
  private static final int CHANNELS = 500;

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 300, 1_000})
  void aMessageCostsItsFrameAndWhatTheGuideSays(int length) {
    long told = DocumentedNumbers.everywhere().count("scaling.kept");
    Window window = new Window(Long.MAX_VALUE / 2, MESSAGES, Long.MAX_VALUE);
    long before = used();

    for (int i = 0; i < MESSAGES; i++) {
      String channel = "room:" + i % CHANNELS;
      String head = "{\"type\":\"m\",\"channel\":\"" + channel + "\",\"seq\":" + i + ",\"data\":\"";
      String text = head + "x".repeat(length - head.length() - 2) + "\"}";
      window.add(new Frame(channel, EncodedMessage.of(text, Count.NONE)), i);
    }

    double each = (used() - before) / (double) MESSAGES;
    assertThat(each).isBetween(length + told / 2.0, length + (double) told);
    assertThat(window.entries()).as("alive until here").isEqualTo(MESSAGES);
  }
}
