package dev.drawbridge.endpoint.internal.send;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.DocumentedNumbers;
import org.junit.jupiter.api.Test;

/** What the README says of the threads that complete the stages of sends. */
class StageNumbersTest {
  private static final DocumentedNumbers TOLD = DocumentedNumbers.everywhere();

  @Test
  void threadsAreReplacedAndWaitingStagesWarnedOfAsTold() {
    assertThat(TOLD.names("stages")).containsExactly("stages.many", "stages.replaced");
    assertThat(Continuations.MAX_REPLACED).isEqualTo((int) TOLD.count("stages.replaced"));
    assertThat(Continuations.MANY_WAITING).isEqualTo((int) TOLD.count("stages.many"));
  }
}
