package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A servlet that was registered as an instance outlives the start of its web application. */
class RestartTest {
  private static TestServer.Setup setup() {
    return TestServer.setup()
        .endpoint(endpoint -> endpoint.on("echo", JsonNode.class, (data, connection) -> data));
  }

  @Test
  void drainedInstanceServesAgainAfterARestartOfItsContext() throws Exception {
    try (TestServer server = setup().start()) {
      for (int round = 0; round < 3; round++) {
        try (RecordingClient client = server.connect("alice")) {
          assertThat(client.request("echo", round).type()).isEqualTo("ack");
          assertThat(server.connections().isDraining()).isFalse();

          var drained = server.connections().drain();

          client.expect("drain");
          client.expectClose(1012);
          assertThat(drained.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
          assertThatThrownBy(() -> server.connect("bob"))
              .isInstanceOf(RecordingClient.Refused.class);
        }
        server.context().stop();
        server.context().start();
      }
    }
  }

  @Test
  void drainOfTheEarlierStartIsOverForWhoeverWaitsForIt() throws Exception {
    try (TestServer server = setup().start();
        RawSocket silent = RawSocket.open(server, "alice")) {
      var drained = server.connections().drain();

      server.context().stop();
      server.context().start();

      assertThat(silent).isNotNull();
      assertThat(drained.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
      try (RecordingClient client = server.connect("alice")) {
        assertThat(client.request("echo", 1).type()).isEqualTo("ack");
        client.leave();
      }
    }
  }
}
