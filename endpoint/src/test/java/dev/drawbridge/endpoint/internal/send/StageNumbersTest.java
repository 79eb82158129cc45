package dev.drawbridge.endpoint.internal.send;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.DocumentedNumbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @Test
  void theMethodThatSendsSaysTheSameNumbers() throws IOException {
    String told =
        Files.readString(
                Path.of("src", "main", "java", "dev", "drawbridge", "endpoint", "Connection.java"))
            .replaceAll("\\s+\\* ", " ");

    assertThat(told)
        .contains(
            "at most " + Continuations.MAX_THREADS + " threads",
            "meanwhile, up to " + Continuations.MAX_REPLACED + ".");
  }
}
