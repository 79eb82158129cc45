package dev.drawbridge.endpoint.internal.transport.jakarta;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.DocumentedNumbers;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What docs/containers.md says of waits and bounds in Tomcat and Undertow. */
class TransportNumbersTest {
  private static final DocumentedNumbers TOLD = DocumentedNumbers.everywhere();

  @Test
  void waitsAndBoundsAreAsTold() {
    assertThat(TOLD.names("transport"))
        .containsExactly("transport.block", "transport.late", "transport.stop");
    assertThat(Duration.ofMillis(JakartaSocket.BLOCK_MS))
        .isEqualTo(TOLD.duration("transport.block"));
    assertThat(Inbox.MAX_LATE).isEqualTo((int) TOLD.count("transport.late"));
    assertThat(Duration.ofSeconds(Closer.CLOSES_SECONDS))
        .isEqualTo(TOLD.duration("transport.stop"));
  }
}
