package dev.drawbridge.endpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentTest {
  private final Recent<String> recent = new Recent<>();

  private static String copy(String text) {
    return new String(text.toCharArray());
  }

  @Test
  void equalTextsBecomeOneObject() {
    String first = recent.shared(copy("https://app.example.org"));

    String second = recent.shared(copy("https://app.example.org"));

    assertThat(second).isSameAs(first);
  }

  @Test
  void whatWasForgottenIsStillEqual() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(recent.shared("text " + i)).isEqualTo("text " + i);
    }

    assertThat(recent.shared(copy("text 0"))).isEqualTo("text 0");
  }

  @Test
  void equalHashDoesNotMakeTextsEqual() {
    String first = recent.shared("Aa");

    String second = recent.shared("BB");

    assertThat(first.hashCode()).isEqualTo(second.hashCode());
    assertThat(second).isEqualTo("BB");
  }
}
