package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code /ws/config} holds in dev mode only. */
class DiscoveryPromisesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PAGE = "http://localhost:3000";

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void listHintAndRoutesOfDevelopmentAreAbsentInProduction(boolean production, boolean filtered)
      throws IOException {
    TestServer.Setup setup = TestServer.setup();
    if (production) {
      setup.production().set("WEBSOCKET_ALLOWED_ORIGINS", PAGE);
    }
    if (filtered) {
      setup.cors();
    }
    try (TestServer server = setup.start()) {
      JsonNode config = JSON.readTree(server.get("/ws/config", "Origin", PAGE).body());

      assertThat(config.path("mode").asText()).isEqualTo(production ? "prod" : "dev");
      assertThat(config.at("/origin/received").asText()).isEqualTo(PAGE);
      assertThat(config.path("origin").has("allowedOrigins")).isEqualTo(!production && filtered);
      assertThat(config.path("origin").has("hint")).isEqualTo(!production && !filtered);
      if (production) {
        assertThat(config.has("devToken")).isFalse();
        assertThat(config.has("diagnostics")).isFalse();
        assertThat(config.toString()).doesNotContain("hint", "allowedOrigins");
      }
    }
  }
}
