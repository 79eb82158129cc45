package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** People talk in rooms, and their lines break, in Chromium, Firefox and WebKitGTK. */
@ExtendWith(Browsers.class)
class SampleTalkTest {

  @Test
  void peopleMeetInARoomAndSeeWhoIsThereAndWhoWrites() throws Exception {
    Browsers.inEach(SampleTalkTest::meet);
  }

  private static void meet(Browser browser) throws Exception {
    Map<String, String> params = new LinkedHashMap<>(SampleServer.developmentParams());
    params.put("drawbridge.presence.linger", "1s");
    try (SampleServer server = SampleServer.start("/", params)) {
      ChatPage alice = ChatPage.connected(browser, server.uri("http", "/"), "alice");
      alice.awaitPeople("alice");
      try (Browser second = browser.newTab(server.uri("http", "/?as=bob"))) {
        // As the link in an empty room opens it.
        second.awaitTrue("!!document.querySelector('#user-bob input:checked')", ChatPage.LIMIT);
        ChatPage bob = ChatPage.inTab(second);
        bob.click("connect");
        bob.awaitStatus("open");
        alice.awaitPeople("alice", "bob");
        bob.awaitPeople("alice", "bob");

        bob.type("message-input", "I am");
        alice.awaitText("writing", "bob is writing");
        // Nothing more comes, and it ends by itself.
        browser.awaitTrue("document.getElementById('writing').innerText === ''", ChatPage.LIMIT);
        bob.say("I am here");
        alice.awaitText("messages", "I am here");
        bob.awaitText("messages", "delivered");
        alice.say("So am I");
        bob.awaitText("messages", "So am I");

        assertThat(alice.texts()).containsExactly("I am here", "So am I");
        assertThat(bob.texts()).isEqualTo(alice.texts());
        second.evaluate("void document.getElementById('disconnect').click()");
        second.awaitTrue("!!document.getElementById('connect')", ChatPage.LIMIT);
      }
      // Once the linger is over.
      alice.awaitPeople("alice");
    }
  }

  @Test
  void whatIsSaidInOtherRoomsIsMarkedUntilSomebodyLooks() throws Exception {
    Browsers.inEach(SampleTalkTest::walkAround);
  }

  private static void walkAround(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.development();
        RoomClient bob = RoomClient.enter(server, "bob", "~")) {
      ChatPage alice = ChatPage.connected(browser, server.uri("http", "/"), "alice");
      alice.awaitPeople("alice");

      bob.say("room:harbour", "Ship ahoy");
      bob.say("room:harbour", "Two of them");
      alice.awaitUnread("harbour", 2);
      assertThat(browser.evaluate("document.title").asText()).startsWith("(2) ");
      assertThat(
              browser
                  .evaluate("document.getElementById('enter-harbour').getAttribute('aria-label')")
                  .asText())
          .startsWith("harbour, 2 unread");
      assertThat(alice.texts()).isEmpty();

      alice.enter("harbour");
      assertThat(alice.texts()).containsExactly("Ship ahoy", "Two of them");
      assertThat(alice.unread("harbour")).isEmpty();
      assertThat(alice.list("[...document.querySelectorAll('.divider')].map(d => d.dataset.kind)"))
          .containsExactly("unread");

      // A line for one person comes wherever that person is, and goes the same way.
      bob.ask("chat.send", null, "{\"to\":\"alice\",\"text\":\"psst\"}");
      alice.awaitText("messages", "to you alone");
      browser.evaluate(
          "(() => { const to = document.getElementById('recipient'); to.value = 'bob';"
              + " to.dispatchEvent(new Event('change', {bubbles: true})); })()");
      alice.say("yes?");
      assertThat(bob.next("chat.message").at("/data/text").asText()).isEqualTo("yes?");

      alice.type("room-name", "no room!");
      assertThat(browser.evaluate("document.getElementById('room-name').checkValidity()"))
          .hasToString("false");
      alice.type("room-name", "tower/1");
      alice.click("add-room");
      browser.awaitTrue(
          "document.getElementById('chat-title').dataset.room === 'tower/1'", ChatPage.LIMIT);
      alice.awaitPeople("alice");
      bob.say("room:tower/1", "Up here");
      alice.awaitText("messages", "Up here");

      // Who reads further up is not torn away, and is told.
      for (int n = 1; n <= 30; n++) {
        bob.say("room:tower/1", "Step " + n);
      }
      alice.awaitText("messages", "Step 30");
      browser.evaluate("document.getElementById('messages').scrollTo(0, 0)");
      browser.awaitTrue("document.getElementById('messages').scrollTop === 0", ChatPage.LIMIT);
      browser.evaluate("new Promise(next => requestAnimationFrame(() => setTimeout(next)))");
      bob.say("room:tower/1", "Roof");
      alice.click("to-end");
      browser.awaitTrue("!document.getElementById('to-end')", ChatPage.LIMIT);
      assertThat(browser.evaluate("document.getElementById('messages').scrollTop").asInt())
          .isPositive();

      // By keyboard, what was begun stays in its room, and the focus where it is.
      alice.type("message-input", "begun");
      browser.evaluate("document.getElementById('message-input').focus()");
      for (String key : List.of("ArrowUp", "ArrowDown")) {
        browser.evaluate(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '"
                + key
                + "', altKey: true, bubbles: true}))");
        browser.awaitTrue(
            "document.getElementById('chat-title').dataset.room === '"
                + (key.equals("ArrowUp") ? "bridge-watch" : "tower/1")
                + "'",
            ChatPage.LIMIT);
        assertThat(browser.evaluate("document.activeElement.value").asText())
            .isEqualTo(key.equals("ArrowUp") ? "" : "begun");
      }

      // Arrows walk through the list.
      browser.evaluate("document.getElementById('enter-lobby').focus()");
      browser.evaluate(
          "document.activeElement.dispatchEvent("
              + "new KeyboardEvent('keydown', {key: 'ArrowDown', bubbles: true}))");
      assertThat(browser.evaluate("document.activeElement.id").asText()).isEqualTo("enter-harbour");
      alice.click("leave-room");
      browser.awaitTrue("!document.getElementById('enter-tower/1')", ChatPage.LIMIT);
      // The focus is not lost with the button.
      assertThat(browser.evaluate("document.activeElement.id").asText()).isEqualTo("chat-title");
    }
  }

  @Test
  void aTabThatNobodySeesCountsWhatComes() throws Exception {
    Browsers.inEach(SampleTalkTest::lookAway);
  }

  private static void lookAway(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.development();
        RoomClient bob = RoomClient.enter(server, "bob")) {
      ChatPage alice = ChatPage.connected(browser, server.uri("http", "/"), "alice");
      alice.awaitPeople("alice");
      bob.say("room:lobby", "You see this");
      alice.awaitText("messages", "You see this");
      assertThat(alice.unread("lobby")).isEmpty();

      browser.hidden(true);
      try {
        browser.awaitTrue("document.visibilityState === 'hidden'", ChatPage.LIMIT);
        bob.say("room:lobby", "And this later");
        browser.awaitTrue("document.title.startsWith('(1) ')", ChatPage.LIMIT);
      } finally {
        browser.hidden(false);
      }

      browser.awaitTrue("!document.title.startsWith('(')", ChatPage.LIMIT);
      assertThat(alice.texts()).containsExactly("You see this", "And this later");
      browser.awaitTrue("!!document.querySelector('.divider[data-kind=unread]')", ChatPage.LIMIT);
    }
  }

  @Test
  void whoCutsTheLineFor20SecondsFindsEveryMessageOnceAndInOrder() throws Exception {
    Browsers.inEach(SampleTalkTest::cutTheLine);
  }

  private static void cutTheLine(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.development();
        RoomClient bob = RoomClient.enter(server, "bob", "room:lobby", "~")) {
      ChatPage alice = ChatPage.connected(browser, server.uri("http", "/"), "alice");
      alice.awaitPeople("alice", "bob");
      bob.say("room:lobby", "before");
      alice.awaitText("messages", "before");

      long begun = System.nanoTime();
      alice.click("cut-line");
      alice.awaitPhase("cut");
      alice.awaitStatus("waiting");
      browser.awaitTrue(
          "/^1[0-8] s$/.test(document.getElementById('countdown').innerText)", ChatPage.LIMIT);
      List<String> written = new ArrayList<>();
      for (int n = 1; n <= 12; n++) {
        written.add("line " + n);
        bob.say("room:lobby", "line " + n);
      }
      bob.say("room:harbour", "elsewhere");
      bob.say("room:harbour", "elsewhere too");
      alice.say("Do you hear me?");
      alice.awaitText("messages", "waits for the line");
      // What others see of it, after the linger.
      bob.nextPresence("left", "alice");
      alice.awaitPhase("back");
      bob.nextPresence("joined", "alice");

      assertThat(System.nanoTime() - begun).isGreaterThan(19_000_000_000L);
      alice.awaitText("break", "all are here, each once, in order");
      browser.awaitTrue(
          "document.querySelectorAll('#messages [data-state=sending]').length === 0",
          ChatPage.LIMIT);
      assertThat(alice.texts())
          .startsWith("before")
          .filteredOn(written::contains)
          .isEqualTo(written);
      assertThat(alice.texts())
          .filteredOn(text -> text.startsWith("Ship "))
          .hasSize(8)
          .isEqualTo(
              alice.texts().stream().filter(text -> text.startsWith("Ship ")).sorted().toList());
      assertThat(alice.texts()).doesNotHaveDuplicates().contains("Do you hear me?");
      assertThat(alice.unread("harbour")).isEqualTo("2");
      assertInOrder(browser);
      JsonNode hers = bob.next("chat.message");
      while (!hers.path("from").asText().equals("alice")) {
        hers = bob.next("chat.message");
      }
      assertThat(hers.at("/data/text").asText()).isEqualTo("Do you hear me?");
    }
  }

  /** By the numbers of the log. */
  private static void assertInOrder(Browser browser) {
    JsonNode numbers =
        browser.evaluate(
            "[...document.querySelectorAll('#messages [data-seq]')].map(line => +line.dataset.seq)");
    List<Integer> seen = new ArrayList<>();
    numbers.forEach(number -> seen.add(number.asInt()));
    assertThat(seen).isSorted().doesNotHaveDuplicates().hasSizeGreaterThan(1);
  }

  @Test
  void aLineThatFallsSilentIsNoticedAndNothingIsMissingAfterIt() throws Exception {
    Browsers.inEach(SampleTalkTest::fallSilent);
  }

  private static void fallSilent(Browser browser) throws Exception {
    Map<String, String> params = new LinkedHashMap<>(SampleServer.developmentParams());
    params.put("drawbridge.heartbeat.interval", "1s");
    params.put("drawbridge.heartbeat.grace", "1s");
    try (SampleServer server = SampleServer.start("/", params);
        Gate gate = new Gate(server.port())) {
      ChatPage alice = ChatPage.connected(browser, gate.page(), "alice");
      alice.awaitPeople("alice");
      say(server, "one");
      alice.awaitText("messages", "one");

      alice.awaitExplained(
          "heartbeat_lost",
          "heartbeat lost",
          () -> {
            gate.mode(Gate.Mode.SILENT);
            say(server, "two");
            say(server, "three");
          });
      gate.mode(Gate.Mode.OPEN);
      gate.cut();
      // What a browser says of its network, so that nobody waits for a back-off.
      browser.awaitTrue(
          "dispatchEvent(new Event('online'))"
              + " && document.getElementById('status').dataset.status === 'open'",
          ChatPage.LIMIT);

      alice.awaitPhase("back");
      alice.awaitText("break", "2 messages came meanwhile: all are here, each once, in order");
      assertThat(alice.texts()).containsExactly("one", "two", "three");
      assertInOrder(browser);
    }
  }

  /** As the application itself does, from any of its servlets and jobs. */
  private static void say(SampleServer server, String text) {
    server.channels().publish("room:lobby", "chat.message", new RoomMessage(text));
  }

  @Test
  void aLogThatBeginsAnewIsToldOnceAndTheTalkGoesOn() throws Exception {
    Browsers.inEach(SampleTalkTest::loseTheLog);
  }

  private static void loseTheLog(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.development();
        RoomClient bob = RoomClient.enter(server, "bob", "room:lobby")) {
      ChatPage alice = ChatPage.connected(browser, server.uri("http", "/"), "alice");
      alice.awaitPeople("alice", "bob");
      bob.say("room:lobby", "old");
      alice.awaitText("messages", "old");

      // The numbers begin anew, and take nothing from what has had the same ones.
      sayThree(alice, "before");
      alice.click("restart-window");
      alice.awaitPhase("resync");
      sayThree(alice, "after");
      bob.say("room:lobby", "new");
      alice.awaitText("messages", "new");
      alice.awaitText("timeline", "epoch_changed");
      assertThat(resyncs(alice)).hasSize(1);
      assertThat(alice.texts())
          .containsExactly(
              "old", "before 1", "before 2", "before 3", "after 1", "after 2", "after 3", "new");
      alice.awaitPeople("alice", "bob");

      // Away when it happens: what was written cannot be replayed, and that is said. The page cuts
      // the line alone where the server does not help, as in production.
      browser.evaluate(
          "(() => { const real = fetch; window.fetch = (to, ...more) => String(to).includes('drop')"
              + " ? Promise.reject(new TypeError('no route')) : real(to, ...more); })()");
      alice.click("cut-line");
      alice.awaitStatus("waiting");
      bob.say("room:lobby", "lost");
      bob.ask("demo.restart", null, null);
      alice.click("cut-line");
      alice.awaitPhase("resync");
      alice.awaitText("break", "cannot prove");
      bob.say("room:lobby", "newer");
      alice.awaitText("messages", "newer");
      assertThat(resyncs(alice)).hasSize(2);
      assertThat(alice.texts()).doesNotContain("lost");
      alice.click("dismiss");
      alice.awaitPhase("whole");
      assertThat(browser.evaluate("document.activeElement.id").asText()).isEqualTo("message-input");
    }
  }

  private static void sayThree(ChatPage page, String text) {
    for (int n = 1; n <= 3; n++) {
      page.say(text + " " + n);
    }
    page.awaitDelivered(text + " 3");
  }

  private static List<String> resyncs(ChatPage page) {
    return page.list(
        "[...document.querySelectorAll('.divider[data-kind=resync] code')].map(c => c.innerText)");
  }

  @Test
  void threeBrowsersTalkInOneRoom() throws Exception {
    try (SampleServer server = SampleServer.development()) {
      List<BrowserKind> kinds = List.of(BrowserKind.values());
      List<ChatPage> pages = new ArrayList<>();
      Browsers.inEach(
          browser -> {
            ChatPage page =
                ChatPage.connected(
                    browser,
                    server.uri("http", "/"),
                    browser.kind() == BrowserKind.FIREFOX ? "bob" : "alice");
            synchronized (pages) {
              pages.add(page);
            }
          });
      for (ChatPage page : pages) {
        page.awaitPeople("alice", "bob");
      }
      for (int n = 0; n < pages.size(); n++) {
        pages.get(n).say("I am number " + n);
      }
      for (ChatPage page : pages) {
        for (int n = 0; n < kinds.size(); n++) {
          page.awaitText("messages", "I am number " + n);
        }
      }

      List<String> order = pages.get(0).texts();
      for (ChatPage page : pages) {
        assertThat(page.texts()).hasSize(kinds.size()).isEqualTo(order);
      }
    }
  }
}
