package dev.drawbridge.endpoint.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopStepsTest {
  @Test
  void stepsBehindOneThatFailsAreTaken() {
    List<String> taken = new ArrayList<>();

    StopSteps.takeAll(
        () -> taken.add("first"),
        () -> {
          throw new IllegalStateException("of the test");
        },
        () -> {
          throw new NoClassDefFoundError("of the test");
        },
        () -> taken.add("last"));

    assertThat(taken).containsExactly("first", "last");
  }
}
