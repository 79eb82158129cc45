package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The page explains each failure in Chromium, Firefox and WebKitGTK, and heals what can heal. */
class SampleFailuresTest {
  /** Under 30 s, which is what the browsers' drivers allow. */
  private static final Duration LIMIT = Duration.ofSeconds(25);

  @ParameterizedTest
  @EnumSource(BrowserKind.class)
  void eachFailureThatAPersonCausesIsExplained(BrowserKind kind) throws Exception {
    try (SampleServer server = SampleServer.development();
        Browser browser = kind.launch()) {
      connect(browser, server.uri("http", "/"), "alice");

      cause(browser, "fault-large", "message_too_large", "the limit is 65536");
      cause(browser, "fault-invalid", "message_data_invalid", "expected string, got number");
      cause(browser, "fault-drop", "demo_drop", "closed with 1011");
      awaitStatus(browser, "open");
      cause(browser, "fault-expired", "token_expired", "The token has expired");
      awaitStatus(browser, "open");
      cause(browser, "fault-path", "path_wrong", "answered 404");
      cause(browser, "fault-server", "server_unreachable", "No server answers");
      cause(browser, "fault-origin", "origin_denied", "WEBSOCKET_ALLOWED_ORIGINS");
      cause(browser, "fault-forged", "token_signature_invalid", "signature");
      awaitStatus(browser, "failed");
      cause(browser, "fault-expired-always", "token_expired", "The token has expired");
      awaitStatus(browser, "failed");
      click(browser, "reconnect");
      awaitStatus(browser, "open");
      cause(browser, "fault-disable", "user_disabled", "4403");
      awaitStatus(browser, "failed");
    }
  }

  @ParameterizedTest
  @EnumSource(BrowserKind.class)
  void aTokenIsRenewedOverTheOpenConnection(BrowserKind kind) throws Exception {
    try (SampleServer server = SampleServer.development();
        Browser browser = kind.launch()) {
      connect(browser, server.uri("http", "/"), "alice");

      click(browser, "fault-renew");

      browser.awaitTrue(shows("timeline", "Token renewed"), LIMIT);
      awaitStatus(browser, "open");
    }
  }

  @ParameterizedTest
  @EnumSource(BrowserKind.class)
  void aLineReachesTheOtherUser(BrowserKind kind) throws Exception {
    try (SampleServer server = SampleServer.development();
        Browser alice = kind.launch();
        Browser bob = kind.launch()) {
      connect(alice, server.uri("http", "/"), "alice");
      connect(bob, server.uri("http", "/"), "bob");

      type(alice, "message-input", "Is the bridge down?");
      click(alice, "send");

      bob.awaitTrue(shows("messages", "Is the bridge down?"), LIMIT);
      alice.awaitTrue("!!document.querySelector('#messages [data-state=delivered]')", LIMIT);
    }
  }

  @ParameterizedTest
  @EnumSource(BrowserKind.class)
  void theConnectionOutlivesItsServerAndItsNetwork(BrowserKind kind) throws Exception {
    Map<String, String> params = new LinkedHashMap<>(SampleServer.developmentParams());
    params.put("drawbridge.heartbeat.interval", "2s");
    params.put("drawbridge.heartbeat.grace", "1s");
    try (SampleServer first = SampleServer.start("/", params);
        SampleServer second = SampleServer.start("/", params);
        Gate gate = new Gate(first.uri("http", "/").getPort());
        Browser browser = kind.launch()) {
      connect(browser, gate.page(), "alice");

      gate.leadTo(second.uri("http", "/").getPort());
      browser.awaitTrue(explained("connection_lost"), LIMIT);
      awaitStatus(browser, "open");

      gate.mode(Gate.Mode.SILENT);
      browser.awaitTrue(explained("heartbeat_lost"), LIMIT);
      gate.mode(Gate.Mode.OPEN);
      gate.cut();
      awaitStatus(browser, "open");

      gate.mode(Gate.Mode.NO_UPGRADES);
      gate.cut();
      browser.awaitTrue(explained("upgrade_not_forwarded"), LIMIT);
      assertThat(browser.evaluate("document.getElementById('timeline').innerText").asText())
          .contains("The proxy must forward it (Vite: ws: true");
    }
  }

  private static void connect(Browser browser, URI page, String subject) {
    browser.open(page);
    browser.awaitTrue("!!document.querySelector('#user-" + subject + " input')", LIMIT);
    browser.evaluate("document.querySelector('#user-" + subject + " input').click()");
    click(browser, "connect");
    awaitStatus(browser, "open");
  }

  /** Presses the button, and waits for the code and the words that explain what followed. */
  private static void cause(Browser browser, String button, String code, String words) {
    int before = browser.evaluate(count(code)).asInt();
    click(browser, button);
    browser.awaitTrue(count(code) + " > " + before, LIMIT);
    assertThat(browser.evaluate(entry(code) + ".innerText").asText()).contains(words);
  }

  private static void click(Browser browser, String id) {
    String button = "document.getElementById('" + id + "')";
    browser.awaitTrue(button + "?.disabled === false", LIMIT);
    browser.evaluate(button + ".click()");
  }

  private static void awaitStatus(Browser browser, String status) {
    browser.awaitTrue(
        "document.getElementById('status')?.dataset.status === '" + status + "'", LIMIT);
  }

  private static String explained(String code) {
    return count(code) + " > 0";
  }

  private static String count(String code) {
    return "document.querySelectorAll('#timeline [data-code=" + code + "]').length";
  }

  /** The newest one stands first. */
  private static String entry(String code) {
    return "document.querySelector('#timeline [data-code=" + code + "]')";
  }

  private static String shows(String id, String text) {
    return "document.getElementById('" + id + "').innerText.includes('" + text + "')";
  }

  /** As React hears it: through the element's own setter. */
  private static void type(Browser browser, String id, String text) {
    browser.evaluate(
        "(() => { const input = document.getElementById('"
            + id
            + "'); Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')"
            + ".set.call(input, '"
            + text
            + "'); input.dispatchEvent(new Event('input', {bubbles: true})); })()");
  }
}
