package dev.drawbridge.outbox.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Keys are forgotten by their age, in bundles, and what is held is bounded. */
class GoneKeysTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long HOUR = 3_600 * SECOND;

  private static GoneKeys keys(int maxBundles) {
    return new GoneKeys(HOUR, HOUR / 6, 24 * HOUR, maxBundles);
  }

  @Test
  void fewKeysAMinuteAreOneBundle() {
    GoneKeys gone = keys(100);

    for (int i = 0; i < 3; i++) {
      gone.add(i * 20L * SECOND, i, 7);
    }
    gone.add(120 * SECOND, 3, 7);

    assertThat(gone.bundles()).isEqualTo(2);
    assertThat(gone.due(HOUR)).isEmpty();
    assertThat(gone.due(HOUR + 41 * SECOND)).containsExactly("o:0:7", "o:1:7", "o:2:7");
    assertThat(gone.due(HOUR + 121 * SECOND)).containsExactly("o:3:7");
    assertThat(gone.due(HOUR + 121 * SECOND)).isEmpty();
  }

  @Test
  void underLoadOneBundleForEachRoundKeepsUp() {
    GoneKeys gone = new GoneKeys(SECOND, 0, 24 * HOUR, 4_096);
    int held = 0;
    int forgotten = 0;

    for (int round = 0; round < 10_000; round++) {
      long now = round * SECOND / 100;
      for (int i = 0; i < 20; i++) {
        gone.add(now, round * 20L + i, now);
      }
      forgotten += gone.due(now).size();
      held = Math.max(held, gone.bundles());
    }

    // Two thousand a second, for a second.
    assertThat(held).isLessThanOrEqualTo(10);
    assertThat(forgotten).isGreaterThan(195_000);
  }

  @Test
  void moreThanTheBoundAreForgottenEarlierButNotTooEarly() {
    GoneKeys gone = keys(4);
    List<String> early = new ArrayList<>();

    for (int i = 0; i < 6 * GoneKeys.BUNDLE; i++) {
      gone.add(SECOND, i, 0);
    }
    int held = gone.bundles();
    early.addAll(gone.due(HOUR / 10));
    List<String> later = gone.due(HOUR / 5);

    assertThat(held).isEqualTo(5);
    assertThat(early).isEmpty();
    // The first ones had to make room and are left to the engine.
    assertThat(later).hasSize(GoneKeys.BUNDLE).startsWith("o:256:0");
    assertThat(gone.due(HOUR / 5)).isEmpty();
  }

  @Test
  void whatTheEngineHasForgottenItselfIsDropped() {
    GoneKeys gone = keys(4);
    gone.add(SECOND, 1, 0);
    gone.add(20 * HOUR, 2, 0);

    List<String> due = gone.due(25 * HOUR);

    assertThat(due).containsExactly("o:2:0");
    assertThat(gone.bundles()).isZero();
  }
}
