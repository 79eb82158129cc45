package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.DocumentedNumbers;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How long the test kit waits, as its README says. */
class PatienceTest {
  @Test
  void waitsEndAfterTheSecondsOfTheReadme() {
    DocumentedNumbers readme = DocumentedNumbers.in(Path.of("..", "endpoint-testkit", "README.md"));
    Duration patience = readme.duration("testkit.wait");
    try (TestServer server =
            TestServer.setup()
                .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, c) -> data))
                .start();
        RecordingClient alice = server.connect("alice")) {
      long started = System.nanoTime();

      assertThatThrownBy(() -> alice.expect("news"))
          .isInstanceOf(AssertionError.class)
          .hasMessage("nothing came within " + patience.toMillis() + " ms");

      assertThat(Duration.ofNanos(System.nanoTime() - started))
          .isBetween(patience, patience.plusSeconds(5));
      assertThat(readme.names("testkit")).containsExactly("testkit.wait");
    }
  }
}
