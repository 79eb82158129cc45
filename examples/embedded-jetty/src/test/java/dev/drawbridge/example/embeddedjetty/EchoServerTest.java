package dev.drawbridge.example.embeddedjetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.server.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EchoServerTest {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "ENVIRONMENT", "development",
          "WEBSOCKET_DEV_MODE", "true",
          "drawbridge.jwt.secret", TestTokens.SECRET);

  private Server server;

  @BeforeAll
  void start() throws Exception {
    SETTINGS.forEach(System::setProperty);
    server = EchoServer.start(0);
  }

  @AfterAll
  void stop() throws Exception {
    server.stop();
    SETTINGS.keySet().forEach(System::clearProperty);
  }

  @Test
  void aUserGetsAWelcomeAndAnEcho() {
    try (RecordingClient alice = RecordingClient.connect(uri(), new TestTokens().of("alice"))) {
      assertThat(alice.request("echo", List.of(1, 2)).data().toString()).isEqualTo("[1,2]");
      alice.leave();
    }
  }

  @Test
  void withoutATokenNobodyConnects() {
    assertThatThrownBy(() -> RecordingClient.connect(uri(), options -> {}))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(401));
  }

  @Test
  void aForeignPageDoesNotConnect() {
    assertThatThrownBy(
            () ->
                RecordingClient.connect(
                    uri(),
                    options ->
                        options
                            .token(new TestTokens().of("alice"))
                            .header("Origin", "https://evil.example")))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(403));
  }

  @Test
  void aStrangerWithAGoodTokenIsNoUser() {
    assertThatThrownBy(() -> RecordingClient.connect(uri(), new TestTokens().of("eve")))
        .isInstanceOfSatisfying(
            RecordingClient.Refused.class, refused -> assertThat(refused.status()).isEqualTo(401));
  }

  private URI uri() {
    return URI.create("ws://localhost:" + server.getURI().getPort() + "/ws");
  }
}
