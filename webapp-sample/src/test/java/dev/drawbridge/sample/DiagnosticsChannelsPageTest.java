package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the diagnostics page shows of channels, in a real Chromium. */
@ExtendWith(Browsers.class)
class DiagnosticsChannelsPageTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private static SampleServer server;
  private static Browser browser;

  @BeforeAll
  static void open() throws Exception {
    server = SampleServer.development();
    browser = Browsers.of(BrowserKind.CHROMIUM);
    browser.open(server.uri("http", "/ws/diagnostics"));
    browser.awaitTrue("document.getElementById('live').textContent === 'live'", LIMIT);
  }

  @AfterAll
  static void close() {
    browser.open(URI.create("about:blank"));
    server.close();
  }

  private static String text(String selector) {
    return browser.evaluate("document.querySelector('" + selector + "').innerText").asText();
  }

  @Test
  void theLogIsShownBeforeAnybodySubscribes() {
    assertThat(text("#cluster-engine"))
        .contains("memory", "this server alone", "DRAWBRIDGE_CLUSTER", "not since the start");
    assertThat(text("#cluster-window")).contains("of 20000", "of 32768 kB");
    assertThat(text("#cluster-resumes")).contains("Load anew");
    assertThat(
            browser.evaluate("!!document.querySelector('nav a[href=\"#channels\"]')").asBoolean())
        .isTrue();
  }

  @Test
  void aConnectionShowsItsChannelsAndWhyItsResumeFailed() throws Exception {
    try (TestClient client =
        TestClient.connect(server, "/ws", server.token("bob"), "Origin", "http://localhost:3000")) {
      assertThat(client.next().path("type").asText()).isEqualTo("welcome");

      client.send(
          "{\"type\":\"resume\",\"id\":\"r1\","
              + "\"data\":{\"epoch\":\"deadbeef\",\"seq\":7,\"channels\":[\"~\"]}}");
      client.send("{\"type\":\"subscribe\",\"id\":\"s1\",\"data\":{\"channels\":[\"nowhere:1\"]}}");

      browser.awaitTrue(
          "document.querySelector('[data-subject=bob]')?.innerText.includes('epoch_changed')",
          LIMIT);
      assertThat(text("[data-subject=bob]")).contains("Channels", "~", "deadbeef / 7");
      browser.awaitTrue(
          "document.body.innerText.includes('channel_without_rule')"
              + " && document.body.innerText.includes('nowhere:1')",
          LIMIT);
    }
  }
}
