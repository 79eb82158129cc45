package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserException;
import dev.drawbridge.testing.BrowserKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The client explains each failure in Chromium, Firefox and WebKitGTK, and heals what can heal. */
@ExtendWith(Browsers.class)
class SampleFailuresTest {
  /** Gives tokens of the dev route, by the user's name. */
  private static final String TOKEN =
      """
      const token = (sub) => async () => (await (await fetch('/ws/dev-token', {
        method: 'POST',
        headers: {'content-type': 'application/json'},
        body: JSON.stringify({sub}),
      })).json()).token;""";

  private static SampleServer server;

  @BeforeAll
  static void startServer() throws Exception {
    server = SampleServer.development();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void eachFailureThatAPersonCausesIsExplained() throws Exception {
    Browsers.inEach(SampleFailuresTest::pressEachButton);
  }

  private static void pressEachButton(Browser browser) throws Exception {
    // Its last failure disables a user for a while.
    try (SampleServer own = SampleServer.development()) {
      ChatPage page = ChatPage.connected(browser, own.uri("http", "/"), "alice");

      page.cause("fault-large", "message_too_large", "the limit is 65536");
      page.cause("fault-invalid", "message_data_invalid", "expected string, got number");
      page.cause("fault-path", "path_wrong", "answered 404");
      page.cause("fault-server", "server_unreachable", "server unreachable");
      page.cause("fault-origin", "origin_denied", "WEBSOCKET_ALLOWED_ORIGINS");
      page.cause("fault-drop", "demo_drop", "closed with 1011");
      page.awaitStatus("open");
      page.cause("fault-expired", "token_expired", "The token has expired");
      page.awaitStatus("open");
      page.cause("fault-forged", "token_signature_invalid", "signature");
      page.awaitStatus("failed");
      page.cause("fault-expired-always", "token_expired", "The token has expired");
      page.awaitStatus("failed");
      page.click("reconnect");
      page.awaitStatus("open");
      page.click("fault-renew");
      page.awaitText("timeline", "Token renewed");
      page.cause("fault-disable", "user_disabled", "4403");
      page.awaitStatus("failed");
    }
  }

  /** What the server sends, and what the client makes of it: code, status, and what follows. */
  private record Close(CloseCode code, String reason, String cause, String status) {
    /** Registered after RFC 6455. */
    boolean isYoungerThanTheStandard() {
      return code.code() > 1011 && code.code() < 3000;
    }

    static Close stops(CloseCode code, String reason) {
      return new Close(code, reason, reason.isEmpty() ? "connection_lost" : reason, "failed");
    }

    static Close comesBack(CloseCode code, String reason) {
      return new Close(code, reason, reason.isEmpty() ? "connection_lost" : reason, "waiting");
    }
  }

  private static final List<Close> CLOSES =
      List.of(
          Close.stops(CloseCode.NORMAL, ""),
          Close.stops(CloseCode.UNSUPPORTED_DATA, "message_not_text"),
          Close.stops(CloseCode.TOO_MANY_INVALID_MESSAGES, "too_many_invalid_messages"),
          Close.stops(CloseCode.FORBIDDEN, "user_disabled"),
          Close.comesBack(CloseCode.GOING_AWAY, ""),
          Close.comesBack(CloseCode.MESSAGE_TOO_LARGE, "message_too_large"),
          Close.comesBack(CloseCode.INTERNAL_ERROR, ""),
          Close.comesBack(CloseCode.DRAINING, "draining"),
          Close.comesBack(CloseCode.TRY_AGAIN_LATER, "try_again_later"),
          Close.comesBack(CloseCode.UNAUTHENTICATED, "token_expired"),
          Close.comesBack(CloseCode.RATE_LIMITED, "rate_limited"),
          Close.comesBack(CloseCode.SLOW_CONSUMER, "slow_consumer"),
          Close.comesBack(CloseCode.HEARTBEAT_TIMEOUT, "heartbeat_timeout"));

  @Test
  void eachCloseOfTheServerIsExplainedAndTakenAsItIsMeant() throws Exception {
    Browsers.inEach(SampleFailuresTest::closeInEachWay);
  }

  /** One client for each close, all in one page. */
  private static void closeInEachWay(Browser browser) throws Exception {
    try (SampleServer own = SampleServer.development()) {
      browser.open(own.uri("http", "/"));
      JsonNode ids =
          browser.evaluate(
              """
              import('/drawbridge/drawbridge.js').then(async ({createClient}) => {
                %s
                window.clients = Array.from({length: %d}, () => createClient({
                  url: '%s', getToken: token('bob'), logger: {error() {}},
                }));
                window.seen = clients.map(() => null);
                clients.forEach((client, n) => client.subscribe(() => {
                  const {error, status} = client.getSnapshot();
                  if (error) seen[n] ??= `${error.code} ${status} ${error.message}`;
                }));
                await Promise.all(clients.map((client) => client.connect()));
                return clients.map((client) => client.getSnapshot().welcome.connectionId);
              })"""
                  .formatted(TOKEN, CLOSES.size(), own.uri("ws", "/ws")));
      List<Connection> connections = own.connections().list();
      for (int n = 0; n < CLOSES.size(); n++) {
        String id = ids.get(n).asText();
        Close close = CLOSES.get(n);
        connections.stream()
            .filter(connection -> connection.id().equals(id))
            .forEach(connection -> connection.close(close.code(), close.reason()));
      }

      browser.awaitTrue("seen.every(Boolean)", ChatPage.LIMIT);
      JsonNode seen = browser.evaluate("seen");
      List<String> after = new ArrayList<>();
      for (int n = 0; n < CLOSES.size(); n++) {
        Close close = CLOSES.get(n);
        // WebKitGTK's library knows the codes up to 1011 and those from 3000.
        boolean told = browser.kind() != BrowserKind.WEBKIT || !close.isYoungerThanTheStandard();
        assertThat(seen.get(n).asText())
            .startsWith((told ? close.cause() : "connection_lost") + " " + close.status())
            .contains("closed with " + (told ? close.code().code() : 1006));
        after.add(close.status().equals("failed") ? "failed" : "open");
      }
      browser.evaluate("window.settled = () => clients.map((c) => c.getSnapshot().status).join()");
      String expected = String.join(",", after);
      try {
        browser.awaitTrue("settled() === '" + expected + "'", ChatPage.LIMIT);
      } catch (BrowserException e) {
        String all = "clients.map((c) => JSON.stringify(c.getSnapshot()))";
        throw new AssertionError(expected + " but " + browser.evaluate(all), e);
      }
      browser.evaluate("clients.forEach((client) => client.close())");
    }
  }

  @Test
  void causesThatNoButtonMakesAreExplainedToo() throws Exception {
    Browsers.inEach(SampleFailuresTest::tryWhatNoButtonMakes);
  }

  private static void tryWhatNoButtonMakes(Browser browser) {
    browser.open(server.uri("http", "/"));
    String address = server.uri("ws", "/ws").toString();

    assertThat(cause(browser, "{url: 'ftp://x'}", "")).startsWith("url_invalid failed url invalid");
    assertThat(
            cause(browser, "{url, getToken: () => { throw new Error('not signed in'); }}", address))
        .startsWith("token_unavailable waiting token unavailable")
        .endsWith("not signed in");
    assertThat(cause(browser, "{url, getToken: () => ' '}", address))
        .startsWith("token_malformed waiting token malformed");
    assertThat(cause(browser, "{url}", address)).startsWith("token_missing failed ");
    assertThat(cause(browser, "{url, getToken: token('mallory')}", address))
        .startsWith("user_disabled failed The user is disabled");
    assertThat(cause(browser, "{url, getToken: token('nobody')}", address))
        .startsWith("user_not_found failed ");
  }

  @Test
  void whatAProxyDoesToTheUpgradeIsExplained() throws Exception {
    Browsers.inEach(SampleFailuresTest::standBehindProxies);
  }

  private static void standBehindProxies(Browser browser) {
    try (Gate noUpgrades = new Gate(server.port(), Gate.Mode.NO_UPGRADES);
        Gate noSubprotocol = new Gate(server.port(), Gate.Mode.NO_SUBPROTOCOL);
        Gate mute = new Gate(server.port(), Gate.Mode.MUTE);
        Gate silent = new Gate(server.port(), Gate.Mode.SILENT)) {
      browser.open(server.uri("http", "/"));

      // All at once: some take seconds before they can say anything. But the one that never opens
      // comes last, because Firefox opens one socket per host at a time (RFC 6455 section 4.1).
      JsonNode causes =
          browser.evaluate(
              "Promise.all(["
                  + trial("{url, getToken: token('bob')}", noUpgrades.socket())
                  + ','
                  + trial("{url, getToken: token('bob')}", noSubprotocol.socket())
                  + ','
                  + trial("{url, getToken: token('bob')}", mute.socket())
                  + "]).then(async (causes) => [...causes, await "
                  + trial("{url, getToken: token('bob')}", silent.socket())
                  + "])");

      assertThat(causes.get(0).asText()).contains("upgrade_not_forwarded waiting", "ws: true");
      assertThat(causes.get(1).asText())
          .contains("subprotocol_mismatch waiting", "Pass Sec-WebSocket-Protocol");
      assertThat(causes.get(2).asText()).contains("welcome_timeout waiting welcome timeout");
      assertThat(causes.get(3).asText()).contains("open_timeout waiting open timeout");
    }
  }

  private static String cause(Browser browser, String options, String url) {
    return browser.evaluate(trial(options, url)).asText();
  }

  /** An expression for code, status and message of the first cause that such a client shows. */
  private static String trial(String options, String url) {
    return """
        import('/drawbridge/drawbridge.js').then(({createClient}) => new Promise((resolve) => {
          const url = '%s';
          %s
          const client = createClient({logger: {error() {}}, ...(%s)});
          const stop = client.subscribe(() => {
            const {error, status} = client.getSnapshot();
            if (!error) return;
            stop();
            setTimeout(client.close);
            resolve(`${error.code} ${status} ${error.message}`);
          });
          client.connect().catch(() => {});
        }))"""
        .formatted(url, TOKEN, options);
  }
}
