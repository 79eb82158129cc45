package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the diagnostics page says of two servers on one Redis, in a real Chromium. */
class ClusterPageTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static String shown(String what) {
    return "document.getElementById('cluster-engine').innerText.includes('" + what + "')";
  }

  @Test
  void aReaderSeesTheServersTheLogAndWhatToDoWhenItIsAway() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--maxmemory-policy", "allkeys-lru");
        Link link = new Link(redis.port());
        TestNode a =
            RedisNodes.start(
                "redis://127.0.0.1:" + link.port(),
                "WEBSOCKET_DEV_MODE",
                "true",
                "DRAWBRIDGE_DEV_KEY",
                "off");
        TestNode b = RedisNodes.start("redis://127.0.0.1:" + redis.port());
        Browser browser = BrowserKind.CHROMIUM.launch();
        RecordingClient alice = a.client("alice")) {
      eventually("both are up", () -> a.isUp() && b.isUp());
      alice.subscribe("room:1");
      a.channels().publish("room:1", "m", Map.of()).toCompletableFuture().get(10, TimeUnit.SECONDS);
      alice.expect("m");
      browser.open(URI.create("http://127.0.0.1:" + a.port() + "/ws/diagnostics"));

      browser.awaitTrue(shown("2; this one is"), LIMIT);
      browser.awaitTrue(shown("Not read yet\\n0 entries"), LIMIT);
      assertThat(browser.evaluate("document.getElementById('cluster-engine').innerText").asText())
          .contains("redis", "up", "of epoch", "the last of this server", "not since the start");
      browser.awaitTrue(
          "document.body.innerText.includes('CONFIG SET maxmemory-policy noeviction')", LIMIT);

      link.away(true);
      browser.awaitTrue(
          "document.getElementById('verdict').dataset.code === 'engine_down'"
              + " && document.getElementById('verdict').innerText.includes('Fix:')",
          LIMIT);
      browser.awaitTrue(shown("when last reached; this one is"), LIMIT);
      browser.awaitTrue(shown("not known while it is down"), LIMIT);
      link.away(false);
      browser.awaitTrue(shown("2; this one is"), LIMIT);
      assertThat(
              browser.evaluate(
                  "document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
          .hasToString("true");
    }
  }
}
