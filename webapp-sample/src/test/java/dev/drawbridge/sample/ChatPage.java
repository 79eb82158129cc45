package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import java.net.URI;
import java.time.Duration;

/** The sample's page in one tab, as a person uses it. */
final class ChatPage {
  /** Under 30 s, which is what the browsers' drivers allow. */
  static final Duration LIMIT = Duration.ofSeconds(25);

  private final Browser tab;

  private ChatPage(Browser tab) {
    this.tab = tab;
  }

  /** Loads the page, signs in and waits for the connection. */
  static ChatPage connected(Browser tab, URI page, String subject) {
    tab.open(page);
    ChatPage chat = new ChatPage(tab);
    chat.signIn(subject);
    chat.awaitStatus("open");
    return chat;
  }

  /** Whatever the tab has loaded. */
  static ChatPage inTab(Browser tab) {
    return new ChatPage(tab);
  }

  void signIn(String subject) {
    tab.awaitTrue("!!document.querySelector('#user-" + subject + " input')", LIMIT);
    tab.evaluate("document.querySelector('#user-" + subject + " input').click()");
    click("connect");
  }

  void click(String id) {
    String button = "document.getElementById('" + id + "')";
    tab.awaitTrue(button + "?.disabled === false", LIMIT);
    tab.evaluate(button + ".click()");
  }

  void say(String text) {
    // As React hears it: through the element's own setter.
    tab.evaluate(
        "(() => { const input = document.getElementById('message-input');"
            + " Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')"
            + ".set.call(input, '"
            + text
            + "'); input.dispatchEvent(new Event('input', {bubbles: true})); })()");
    click("send");
  }

  void awaitStatus(String status) {
    tab.awaitTrue("document.getElementById('status')?.dataset.status === '" + status + "'", LIMIT);
  }

  void awaitText(String id, String text) {
    tab.awaitTrue(
        "document.getElementById('" + id + "').innerText.includes('" + text + "')", LIMIT);
  }

  /** Presses the button, and waits for the code and the words that explain what followed. */
  void cause(String button, String code, String words) {
    awaitExplained(code, words, () -> click(button));
  }

  /** Does something, and waits for a new entry with the code and the words. */
  void awaitExplained(String code, String words, Runnable action) {
    String entries = "document.querySelectorAll('#timeline [data-code=" + code + "]')";
    int before = tab.evaluate(entries + ".length").asInt();
    action.run();
    tab.awaitTrue(entries + ".length > " + before, LIMIT);
    // The newest one stands first.
    assertThat(tab.evaluate(entries + "[0].innerText").asText()).contains(words);
  }
}
