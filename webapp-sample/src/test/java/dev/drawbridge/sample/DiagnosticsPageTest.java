package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/** The diagnostics page in a real Chromium, on the sample as a developer runs it. */
@ExtendWith(Browsers.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DiagnosticsPageTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);
  private static final Duration LIVE = Duration.ofSeconds(1);

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

  private static String verdict() {
    return browser.evaluate("document.getElementById('verdict').dataset.code").asText();
  }

  @Test
  @Order(1)
  void thePageComesWithoutATokenAndSaysThatNobodyHasTried() {
    browser.awaitTrue("!!document.getElementById('verdict').dataset.code", LIMIT);

    assertThat(verdict()).isEqualTo("no_handshake_yet");
  }

  @Test
  @Order(2)
  void theSelfTestPassesEveryStep() {
    browser.evaluate("document.getElementById('test-user').value = 'alice'");
    browser.evaluate("document.getElementById('test-run').click()");

    browser.awaitTrue("!!document.getElementById('test-result').dataset.state", LIMIT);
    assertThat(browser.evaluate("document.getElementById('test-steps').innerText").asText())
        .containsSubsequence("config", "preflight", "upgrade", "welcome", "echo", "ping")
        .doesNotContain("skipped");
    assertThat(browser.evaluate("document.getElementById('test-result').innerText").asText())
        .startsWith("All six steps passed");
  }

  @Test
  @Order(3)
  void theSelfTestNamesTheStepThatFailsAndWhy() {
    browser.evaluate("document.getElementById('test-user').value = 'mallory'");
    browser.evaluate("document.getElementById('test-run').click()");

    browser.awaitTrue("document.getElementById('test-result').dataset.state === 'failed'", LIMIT);
    assertThat(browser.evaluate("document.getElementById('test-result').innerText").asText())
        .isEqualTo("It fails at upgrade.");
    assertThat(browser.evaluate("document.querySelector('[data-step=upgrade]').innerText").asText())
        .contains("user_disabled at stage user");
  }

  @Test
  @Order(4)
  void aRefusedHandshakeAppearsWithItsCauseWithinASecond() throws Exception {
    String token = server.token("alice");
    TestClient.refusal(
        server, "/ws?attempt=evil", token, "Origin", "https://<img src=x onerror=alert(1)>");
    TestClient.refusal(server, "/ws?attempt=shop", token, "Origin", "https://shop.example");

    browser.awaitTrue("!!document.querySelector('[data-attempt=shop]')", LIVE);
    browser.awaitTrue(
        "document.getElementById('verdict').innerText"
            + ".includes('DEV_WEBSOCKET_ORIGINS=https://shop.example')",
        LIVE);
    assertThat(verdict()).isEqualTo("origin_denied");
    assertThat(
            browser.evaluate("document.querySelectorAll('main img, main script').length").asInt())
        .as("what strangers wrote is text")
        .isZero();
    assertThat(
            browser
                .evaluate("document.querySelector('[data-attempt=evil] summary').innerText")
                .asText())
        .contains("<img src=x onerror=alert(1)>");
  }

  @Test
  @Order(5)
  void theDropButtonDrops() throws Exception {
    try (TestClient client =
        TestClient.connect(server, "/ws", server.token("bob"), "Origin", "http://localhost:3000")) {
      assertThat(client.next().path("type").asText()).isEqualTo("welcome");
      browser.awaitTrue("!!document.querySelector('[data-subject=bob]')", LIVE);

      browser.evaluate("document.querySelector('[data-subject=bob] [data-action=drop]').click()");

      browser.awaitTrue("!document.querySelector('[data-subject=bob]')", LIMIT);
      browser.awaitTrue(
          "document.getElementById('closes').innerText.includes('dropped_by_developer')", LIMIT);
    }
  }

  @Test
  @Order(6)
  void nothingIsWiderThanAPhone() {
    browser.evaluate("document.documentElement.style.width = '390px'");

    assertThat(
            browser
                .evaluate(
                    "[...document.querySelectorAll('main, header')]"
                        + ".every(part => part.scrollWidth <= 390)")
                .asBoolean())
        .isTrue();
  }
}
