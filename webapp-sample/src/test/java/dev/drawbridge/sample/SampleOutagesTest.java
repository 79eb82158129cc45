package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserException;
import dev.drawbridge.testing.BrowserKind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.h2.tools.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The page outlives servers, networks, databases and tabs in the background, in each browser. */
@ExtendWith(Browsers.class)
class SampleOutagesTest {

  @Test
  void theConnectionOutlivesItsServerItsNetworkAndABackgroundTab() throws Exception {
    Browsers.inEach(SampleOutagesTest::loseEverythingInTurn);
  }

  private static void loseEverythingInTurn(Browser browser) throws Exception {
    Map<String, String> params = new LinkedHashMap<>(SampleServer.developmentParams());
    params.put("drawbridge.heartbeat.interval", "2s");
    params.put("drawbridge.heartbeat.grace", "1s");
    SampleServer first = SampleServer.start("/", params);
    try (Gate gate = new Gate(first.port());
        SampleServer second = SampleServer.start("/", params)) {
      ChatPage page = ChatPage.connected(browser, gate.page(), "alice");

      String before = first.connections().list().get(0).id();
      hideForLongerThanTheHeartbeatAllows(browser, first);
      assertThat(first.connections().list().get(0).id()).isEqualTo(before);

      // Without a drain, as a container stops. The token's route is gone with it.
      page.awaitExplained(
          "server_unreachable",
          "server unreachable",
          () -> page.awaitExplained("connection_lost", "closed with 1", first::close));
      gate.leadTo(second.port());
      page.awaitStatus("open");

      page.awaitExplained("offline", "offline", () -> goOffline(browser, gate));
      goOnline(browser, gate, second);
      page.awaitStatus("open");

      page.awaitExplained("heartbeat_lost", "heartbeat lost", () -> gate.mode(Gate.Mode.SILENT));
      gate.mode(Gate.Mode.OPEN);
      gate.cut();
      page.awaitStatus("open");
    } finally {
      first.close();
    }
  }

  /** WebKit's driver cannot: there the browser is told so, and the gate leads nowhere. */
  private static void goOffline(Browser browser, Gate gate) {
    if (!browser.offline(true)) {
      browser.evaluate(
          "void Object.defineProperty(navigator, 'onLine', {value: false, configurable: true})");
      gate.leadTo(0);
    }
    gate.cut();
  }

  private static void goOnline(Browser browser, Gate gate, SampleServer server) {
    if (!browser.offline(false)) {
      browser.evaluate("delete navigator.onLine");
      gate.leadTo(server.port());
    }
  }

  /** The server's heartbeat is 2 s and 1 s here; what it closes for is silence. */
  private static void hideForLongerThanTheHeartbeatAllows(Browser browser, SampleServer server) {
    long answered = server.connections().heartbeat().answeredInTime();
    browser.hidden(true);
    try {
      browser.awaitTrue("document.visibilityState === 'hidden'", ChatPage.LIMIT);
      // Each needs an answer from the hidden page before the next one is sent.
      for (int n = 0; n < 3; n++) {
        long before = answered + n;
        await(() -> server.connections().heartbeat().answeredInTime() > before);
      }
      assertThat(server.connections().size()).isEqualTo(1);
    } finally {
      browser.hidden(false);
    }
    browser.awaitTrue("document.visibilityState === 'visible'", ChatPage.LIMIT);
  }

  @Test
  void aLineReachesTheOtherTabOfTheSameBrowser() throws Exception {
    Browsers.inEach(SampleOutagesTest::chatAcrossTabs);
  }

  private static void chatAcrossTabs(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.withReactOfDevelopment()) {
      browser.open(server.uri("http", "/"));
      browser.evaluate(
          "(() => { const Real = WebSocket; window.sockets = [];"
              + " window.WebSocket = class extends Real {"
              + " constructor(...all) { super(...all); sockets.push(this); } }; })()");
      // Development React under StrictMode has mounted the page twice.
      browser.awaitTrue(
          "performance.getEntriesByType('resource')"
              + ".filter(({name}) => name.endsWith('/ws/config')).length === 2",
          ChatPage.LIMIT);
      ChatPage alice = ChatPage.inTab(browser);
      alice.signIn("alice");
      alice.awaitStatus("open");
      try (Browser second = browser.newTab(server.uri("http", "/"))) {
        ChatPage bob = ChatPage.connected(second, server.uri("http", "/"), "bob");
        bob.say("Is the bridge down?");
        alice.awaitText("messages", "Is the bridge down?");
        alice.say("It is.");
        bob.awaitText("messages", "It is.");

        assertThat(server.connections().forUser("alice").size()).isEqualTo(1);
        assertThat(server.connections().size()).isEqualTo(2);
      }
      assertThat(browser.evaluate("sockets.length").asInt()).isEqualTo(1);
      await(() -> server.connections().size() == 1);
      browser.evaluate("document.getElementById('disconnect').click()");
      await(() -> server.connections().size() == 0);
    }
  }

  @Test
  void aPageInTheBackForwardCacheComesBackWithItsConnection() throws Exception {
    Browsers.inEach(SampleOutagesTest::goAwayAndBack);
  }

  private static void goAwayAndBack(Browser browser) throws Exception {
    try (SampleServer server = SampleServer.development()) {
      ChatPage page = ChatPage.connected(browser, server.uri("http", "/"), "alice");
      browser.evaluate("window.kept = true");
      browser.open(server.uri("http", "/icon.svg"));
      await(() -> server.connections().size() == 0);

      browser.evaluate("void setTimeout(() => history.back())");
      if (browser.kind() == BrowserKind.FIREFOX) {
        // Under its driver it keeps no page: the page is a new one, and nothing is left of the old.
        await(
            () -> isTrue(browser, "document.getElementById('status')?.dataset.status === 'idle'"));
        assertThat(server.connections().size()).isZero();
        return;
      }
      await(() -> isTrue(browser, "window.kept === true"));

      page.awaitStatus("open");
      page.awaitText("timeline", "Paused");
      assertThat(server.connections().forUser("alice").size()).isEqualTo(1);
    }
  }

  /** False also while the page changes. */
  private static boolean isTrue(Browser browser, String condition) {
    try {
      return browser.evaluate(condition).asBoolean();
    } catch (BrowserException e) {
      return false;
    }
  }

  @Test
  void aDatabaseThatIsDownIsNamedAndWaitedFor() throws Exception {
    Browsers.inEach(SampleOutagesTest::outliveTheDatabase);
  }

  private static void outliveTheDatabase(Browser browser) throws Exception {
    Server database = Server.createTcpServer("-tcpPort", "0", "-ifNotExists").start();
    String port = String.valueOf(database.getPort());
    Map<String, String> params = new LinkedHashMap<>(SampleServer.developmentParams());
    params.put(
        "drawbridge.db.url",
        "jdbc:h2:tcp://127.0.0.1:" + port + "/mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
    params.put("drawbridge.db.acquire.timeout", "500ms");
    try (SampleServer server = SampleServer.start("/", params)) {
      browser.open(server.uri("http", "/"));
      ChatPage page = ChatPage.inTab(browser);
      database.stop();
      page.awaitExplained("auth_unavailable", "", () -> page.signIn("bob"));
      database = Server.createTcpServer("-tcpPort", port, "-ifNotExists").start();

      page.awaitStatus("open");
    } finally {
      database.stop();
    }
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    long end = System.nanoTime() + ChatPage.LIMIT.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      Thread.onSpinWait();
    }
  }
}
