package dev.drawbridge.example.springboot.starter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

class ChatApplicationTest {
  @Test
  void tenLinesAnswerAUserAndNobodyElse() {
    try (ConfigurableApplicationContext application =
        SpringApplication.run(
            ChatApplication.class,
            "--server.port=0",
            "--drawbridge.jwt.secret=" + TestTokens.SECRET)) {
      String port = application.getEnvironment().getRequiredProperty("local.server.port");
      URI uri = URI.create("ws://localhost:" + port + "/ws");

      try (RecordingClient alice = RecordingClient.connect(uri, new TestTokens().of("alice"))) {
        assertThat(alice.request("echo", Map.of("a", 1)).data().path("a").asInt()).isEqualTo(1);
        alice.leave();
      }
      assertThatThrownBy(() -> RecordingClient.connect(uri, options -> {}))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class,
              refused -> assertThat(refused.status()).isEqualTo(401));
    }
  }
}
