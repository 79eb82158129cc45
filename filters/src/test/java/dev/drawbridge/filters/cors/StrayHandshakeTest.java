package dev.drawbridge.filters.cors;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.util.List;
import org.junit.jupiter.api.Test;

class StrayHandshakeTest {

  @Test
  void handshakeThatNobodyAnswersIsOver() throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).behindDevCorsFilter().start()) {
      TestServer.Answer answer = server.handshakeAt("/wss?attempt=stray-1", List.of());

      assertThat(answer.status()).isEqualTo(404);
      eventually("the attempt is over", () -> attempt(server, "stray-1").isOver());
      assertThat(attempt(server, "stray-1").stage()).isEqualTo(Attempt.Stage.ORIGIN);
    }
  }

  @Test
  void handshakeThatIsUnderWayOrOpenIsNotOver() throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).behindDevCorsFilter().start()) {
      server.handshakeAt(
          "/ws?attempt=open-1", List.of(), "Authorization", "Bearer " + TestTokens.good("alice"));

      assertThat(attempt(server, "open-1").isOver()).isFalse();
    }
  }

  private static Attempt attempt(TestServer server, String id) {
    return server.runtime().attempts().find(id).orElseThrow();
  }
}
