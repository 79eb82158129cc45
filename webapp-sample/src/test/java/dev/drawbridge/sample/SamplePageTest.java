package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page of the sample in a real Chromium, as a person uses it. */
@ExtendWith(Browsers.class)
class SamplePageTest {
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private static SampleServer server;
  private static Browser browser;

  @BeforeAll
  static void startServer() throws Exception {
    browser = Browsers.of(BrowserKind.CHROMIUM);
    server = SampleServer.development();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void aLineTypedInOneBrowserAppearsInTheOther() {
    Browser alice = browser;
    try (Browser bob = browser.newTab(server.uri("http", "/"))) {
      connect(alice, "alice");
      // A keyboard goes on where the form has been.
      assertThat(alice.evaluate("document.activeElement.id").asText()).isEqualTo("chat-title");
      connect(bob, "bob");
      assertThat(text(alice, "welcome")).contains("Alice", "every 45 s, grace 15 s");

      type(alice, "message-input", "Is the bridge down?");
      click(alice, "#send");

      bob.awaitTrue(shows("messages", "Is the bridge down?"), LIMIT);
      alice.awaitTrue("!!document.querySelector('#messages [data-state=delivered]')", LIMIT);
      assertThat(text(bob, "messages")).contains("alice");

      type(bob, "message-input", "It is. Come over.");
      click(bob, "#send");
      alice.awaitTrue(shows("messages", "It is. Come over."), LIMIT);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mallory, user_disabled, The user is disabled",
    "nobody, user_not_found, 'The token is good, but there is no such user'",
  })
  void whoMayNotComeInReadsTheExactRefusal(String subject, String code, String title) {
    choose(browser, subject);

    browser.awaitTrue("!!document.getElementById('error')", LIMIT);

    JsonNode error = browser.evaluate("document.getElementById('error').dataset.code");
    assertThat(error.asText()).isEqualTo(code);
    assertThat(text(browser, "error")).contains(title, code, "Request id");
    assertThat(status(browser)).isEqualTo("failed");
  }

  @Test
  void nothingIsWiderThanAPhone() {
    browser.open(server.uri("http", "/"));
    browser.evaluate(
        "(() => { const frame = document.createElement('iframe'); frame.id = 'phone';"
            + " frame.style.cssText = 'width:360px;height:740px;border:0';"
            + " frame.src = location.href; document.body.append(frame); })()");

    browser.awaitTrue(inPhone("!!page.querySelector('#connect')"), LIMIT);
    JsonNode login = browser.evaluate(inPhone("page.documentElement.scrollWidth"));
    browser.evaluate(inPhone("page.querySelector('#connect').click()"));
    browser.awaitTrue(inPhone("!!page.querySelector('#welcome')"), LIMIT);
    JsonNode chat = browser.evaluate(inPhone("page.documentElement.scrollWidth"));
    String bottom = "page.querySelector('#send').getBoundingClientRect().bottom";

    assertThat(login.asInt()).isBetween(1, 360);
    assertThat(chat.asInt()).isBetween(1, 360);
    // What is said, and what is written, are in view together.
    assertThat(browser.evaluate(inPhone(bottom)).asInt()).isBetween(1, 740);
  }

  @Test
  void onAPhoneARefusalStandsAboveTheChatAndInView() {
    browser.open(server.uri("http", "/"));
    browser.evaluate(
        "(() => { const frame = document.createElement('iframe'); frame.id = 'phone';"
            + " frame.style.cssText = 'width:360px;height:740px;border:0';"
            + " frame.src = location.href; document.body.append(frame); })()");
    browser.awaitTrue(inPhone("!!page.querySelector('#user-mallory input')"), LIMIT);
    browser.evaluate(inPhone("page.querySelector('#user-mallory input').click()"));
    browser.evaluate(inPhone("page.querySelector('#connect').click()"));

    browser.awaitTrue(inPhone("!!page.querySelector('#error')"), LIMIT);

    String bottom = "page.querySelector('#error').getBoundingClientRect().bottom";
    String chat = "page.querySelector('.chat').getBoundingClientRect().top";
    assertThat(browser.evaluate(inPhone(bottom)).asInt())
        .isBetween(1, 740)
        .isLessThan(browser.evaluate(inPhone(chat)).asInt());
  }

  @Test
  void darkModeHasColorsOfItsOwn() {
    browser.open(server.uri("http", "/"));

    JsonNode rules =
        browser.evaluate(
            "[...document.styleSheets].flatMap(sheet => [...sheet.cssRules])"
                + ".filter(rule => rule.conditionText?.includes('prefers-color-scheme: dark'))"
                + ".length");

    assertThat(rules.asInt()).isPositive();
    assertThat(browser.evaluate("getComputedStyle(document.documentElement).colorScheme"))
        .hasToString("\"light dark\"");
  }

  private static String inPhone(String expression) {
    return "((page) => " + expression + ")(document.getElementById('phone').contentDocument)";
  }

  private static void connect(Browser browser, String subject) {
    choose(browser, subject);
    browser.awaitTrue("document.getElementById('status')?.dataset.status === 'open'", LIMIT);
    browser.awaitTrue("!!document.getElementById('welcome')", LIMIT);
  }

  private static void choose(Browser browser, String subject) {
    browser.open(server.uri("http", "/"));
    browser.awaitTrue("!!document.querySelector('#user-" + subject + " input')", LIMIT);
    click(browser, "#user-" + subject + " input");
    click(browser, "#connect");
  }

  private static void click(Browser browser, String selector) {
    browser.evaluate("document.querySelector('" + selector + "').click()");
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

  private static String shows(String id, String text) {
    return "document.getElementById('" + id + "').innerText.includes('" + text + "')";
  }

  private static String text(Browser browser, String id) {
    return browser.evaluate("document.getElementById('" + id + "').innerText").asText();
  }

  private static String status(Browser browser) {
    return browser.evaluate("document.getElementById('status').dataset.status").asText();
  }
}
