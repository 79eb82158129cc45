package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
  @ParameterizedTest
  @CsvSource({
    "'', '', 0",
    "'', abc, 3",
    "abc, '', 3",
    "abc, abc, 0",
    "abc, ABC, 0",
    "abc, acb, 2",
    "abc, ab, 1",
    "abc, xabc, 1",
    "abc, axc, 1",
    "kitten, sitting, 3"
  })
  void distanceCountsEdits(String name, String other, int edits) {
    assertThat(Nearest.distance(name, other)).isEqualTo(edits);
  }

  @Test
  void onlyTheStartOfALongNameCounts() {
    assertThat(Nearest.distance("x".repeat(64), "")).isEqualTo(64);
    assertThat(Nearest.distance("x".repeat(1_000_000), "")).isEqualTo(64);
  }

  @Test
  void closestNamesComeFirstAndEquallyCloseOnesInOrder() {
    List<String> names = List.of("chat.send", "chat.sent", "echo", "chat.bend");

    assertThat(Nearest.to("chat.sen", names, 3))
        .containsExactly("chat.send", "chat.sent", "chat.bend");
    assertThat(Nearest.to("chat.sen", names, 1)).containsExactly("chat.send");
    assertThat(Nearest.to("chat.sen", List.of(), 1)).isEmpty();
  }
}
