package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

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
    type("message-input", text);
    click("send");
  }

  /** Opens a room of the list. */
  void enter(String room) {
    click("enter-" + room);
    tab.awaitTrue("document.getElementById('chat-title')?.dataset.room === '" + room + "'", LIMIT);
  }

  /** Types without sending. */
  void type(String id, String text) {
    // As React hears it: through the element's own setter.
    tab.evaluate(
        "(() => { const input = document.getElementById('"
            + id
            + "'); Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')"
            + ".set.call(input, '"
            + text
            + "'); input.dispatchEvent(new Event('input', {bubbles: true})); })()");
  }

  /** Until such a line is in the log. */
  void awaitDelivered(String text) {
    tab.awaitTrue(
        "[...document.querySelectorAll('#messages [data-state=delivered] .bubble p')]"
            + ".some(p => p.innerText === '"
            + text
            + "')",
        LIMIT);
  }

  /** What is said in the open room, in its order. */
  List<String> texts() {
    return list(
        "[...document.querySelectorAll('#messages .line .bubble p')].map(p => p.innerText)");
  }

  List<String> list(String expression) {
    List<String> texts = new ArrayList<>();
    tab.evaluate(expression).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** What the badge of a room says; empty without one. */
  String unread(String room) {
    return tab.evaluate("document.querySelector('#enter-" + room + " .unread')?.innerText ?? ''")
        .asText();
  }

  void awaitUnread(String room, int unread) {
    tab.awaitTrue(
        "document.querySelector('#enter-" + room + " .unread')?.innerText === '" + unread + "'",
        LIMIT);
  }

  /** Who is here, as the open room lists them. */
  void awaitPeople(String... subjects) {
    String here = "[...document.querySelectorAll('#people [data-subject]')]";
    tab.awaitTrue(
        here
            + ".map(one => one.dataset.subject).sort().join() === '"
            + String.join(",", new TreeSet<>(List.of(subjects)))
            + "'",
        LIMIT);
  }

  /** How the line is: whole, cut, away, back, resync. */
  void awaitPhase(String phase) {
    tab.awaitTrue("document.querySelector('.break')?.dataset.phase === '" + phase + "'", LIMIT);
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
