package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.drawbridge.filters.testing.CapturedLog;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class HandshakeLogTest {

  private static Predicate<CapturedLog.Line> at(Level level) {
    return line -> line.level() == level;
  }

  @Test
  void floodOfRefusalsIsTenWarningsAndTheRestAtDebug() throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start();
        CapturedLog log = CapturedLog.ofFilter()) {
      for (int i = 0; i < 25; i++) {
        server.bearer("bad");
      }
      server.handshake();

      List<CapturedLog.Line> malformed = log.containing("token_malformed");
      assertThat(malformed).hasSize(25);
      assertThat(malformed.stream().filter(at(Level.WARN))).hasSize(10);
      assertThat(log.containing("token_missing").stream().filter(at(Level.WARN)))
          .as("another code has a budget of its own")
          .hasSize(1);
    }
  }

  @Test
  void acceptedHandshakeIsOneLineAtDebugWithItsTimes() throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start();
        CapturedLog log = CapturedLog.ofFilter()) {
      String token = TestTokens.token("alice").header("kid", "k\n1").sign();

      assertThat(server.bearer(token).status()).isEqualTo(101);

      assertThat(log.lines()).hasSize(1);
      CapturedLog.Line line = log.lines().get(0);
      assertThat(line.level()).isEqualTo(Level.DEBUG);
      assertThat(line.text())
          .contains("handshake accepted: requestId=")
          .contains(" transport=authorization alg=HS256 kid=k?1 fingerprint=")
          .contains(" sub=alice path=/ws remote=127.0.0.1 origin=- tokenMicros=")
          .contains(" userMicros=")
          .doesNotContain("\n");
    }
  }

  @Test
  void hintsAreWrittenInDevelopmentOnly() throws Exception {
    for (Map<String, String> settings : List.of(TestServer.settings(), TestServer.production())) {
      try (TestServer server = new TestServer(settings).start();
          CapturedLog log = CapturedLog.ofFilter()) {
        server.bearer(TestTokens.token("alice").claim("aud", "canary-aud").sign());

        assertThat(log.containing("token_audience_invalid")).hasSize(1);
        assertThat(log.containing("canary-aud"))
            .hasSize(settings.get("ENVIRONMENT").equals("production") ? 0 : 1);
      }
    }
  }

  @Test
  void attemptRemembersWhereItEnded() throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start()) {
      server.handshakeAt("/ws?attempt=try-1", List.of(), "Authorization", "Bearer bad");
      server.handshakeAt(
          "/ws?attempt=try-2", List.of(), "Authorization", "Bearer " + TestTokens.good("nobody"));
      server.handshakeAt(
          "/ws?attempt=try-3", List.of(), "Authorization", "Bearer " + TestTokens.good("alice"));

      assertThat(server.attempt("try-1")).isEqualTo("token token_malformed");
      assertThat(server.attempt("try-2")).isEqualTo("user user_not_found");
      assertThat(server.attempt("try-3")).isEqualTo("user ok");
      assertThat(server.upgrades.get(0).handshake().attemptId()).isEqualTo("try-3");
    }
  }
}
