package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The sample's WAR, as it is built, in a Tomcat of its own process, as its distribution starts it.
 */
@Timeout(180)
class StandAloneIT {
  private static final TestTokens TOKENS = new TestTokens();
  private static final String TOMCAT_10 = "tomcat10.whole.version";
  private static final String TOMCAT_11 = "tomcat11.whole.version";
  private static final int REDEPLOYS = 3;

  @TempDir Path base;

  @ParameterizedTest
  @ValueSource(strings = {TOMCAT_10, TOMCAT_11})
  void sampleRunsInTomcatAsItIsBuilt(String version) throws Exception {
    try (StandAloneTomcat tomcat = sample(version)) {
      assertThat(tomcat.log()).contains("transport tomcat: Tomcat");
      try (RecordingClient alice = connect(tomcat, "alice");
          RecordingClient bob = connect(tomcat, "bob")) {
        assertThat(alice.request("ping", null).type()).isEqualTo("pong");
        assertThat(alice.request("echo", List.of(1, 2)).data().toString()).isEqualTo("[1,2]");
        bob.subscribe("room:lobby");
        alice.publish("room:lobby", "chat.message", Map.of("text", "hello"));
        Event.Frame heard = bob.next();
        while (!heard.type().equals("chat.message")) {
          // Who is there is told, too.
          heard = bob.next();
        }
        assertThat(heard.data().get("text").asText()).isEqualTo("hello");
        assertThat(alice.expect("ack").data().get("seq").asLong()).isPositive();
        alice.leave();
        bob.leave();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {TOMCAT_10, TOMCAT_11})
  void routesOfTheSampleAnswerInTomcat(String version) throws Exception {
    try (StandAloneTomcat tomcat = sample(version)) {
      Visitor visitor = new Visitor(tomcat.port);

      assertThat(visitor.get("/").body()).contains("<script");
      assertThat(visitor.get("/ws/config").body()).contains("\"mode\":\"dev\"");
      assertThat(visitor.get("/ws/health").body()).contains("\"status\":\"up\"");
      assertThat(visitor.get("/ws/diagnostics", "Accept", "application/json").body())
          .contains("\"way\":\"tomcat\"");
      assertThat(visitor.get("/ws/diagnose").body()).contains("token_missing");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {TOMCAT_10, TOMCAT_11})
  void redeployLeavesNoClassLoader(String version) throws Exception {
    try (StandAloneTomcat tomcat = sample(version)) {
      for (int i = 0; i < REDEPLOYS; i++) {
        try (RecordingClient stays = connect(tomcat, "alice")) {
          stays.subscribe("~");
          stays.request("echo", i);
          tomcat.redeploy();
          stays.expectClose(1001);
        }
      }

      long left = tomcat.applications();
      for (int i = 0; i < 20 && left > 1; i++) {
        LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
        left = tomcat.applications();
      }
      assertThat(left).as("applications in the heap").isEqualTo(1);
      assertThat(tomcat.log()).doesNotContain("memory leak");
    }
  }

  private StandAloneTomcat sample(String version) throws Exception {
    return new StandAloneTomcat(
        System.getProperty(version),
        base,
        "drawbridge-webapp-sample.war",
        Map.of(
            "ENVIRONMENT",
            "development",
            "WEBSOCKET_DEV_MODE",
            "true",
            "DRAWBRIDGE_DEV_KEY",
            "off",
            "DRAWBRIDGE_JWT_SECRET",
            TestTokens.SECRET));
  }

  private static RecordingClient connect(StandAloneTomcat tomcat, String subject) {
    return RecordingClient.connect(
        URI.create("ws://127.0.0.1:" + tomcat.port + "/ws"), TOKENS.of(subject));
  }
}
