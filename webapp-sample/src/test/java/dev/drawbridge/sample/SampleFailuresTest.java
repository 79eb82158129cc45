package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The client explains each failure in Chromium, Firefox and WebKitGTK, and heals what can heal. */
@ParameterizedClass
@EnumSource(BrowserKind.class)
@ExtendWith(Browsers.class)
class SampleFailuresTest {
  private static SampleServer server;

  @Parameter BrowserKind kind;
  private Browser browser;

  @BeforeAll
  static void startServer() throws Exception {
    server = SampleServer.development();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void useBrowser() {
    browser = Browsers.of(kind);
  }

  @Test
  void eachFailureThatAPersonCausesIsExplained() throws Exception {
    // Its last failure disables a user for a while.
    try (SampleServer own = SampleServer.development()) {
      ChatPage page = ChatPage.connected(browser, own.uri("http", "/"), "alice");

      page.cause("fault-large", "message_too_large", "the limit is 65536");
      page.cause("fault-invalid", "message_data_invalid", "expected string, got number");
      page.cause("fault-path", "path_wrong", "answered 404");
      page.cause("fault-server", "server_unreachable", "No server answers");
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

  @Test
  void eachCloseOfTheServerIsExplainedAndTakenAsItIsMeant() {
    ChatPage page = ChatPage.connected(browser, server.uri("http", "/"), "bob");

    Map<CloseCode, String> closes =
        Map.of(
            CloseCode.MESSAGE_TOO_LARGE, "message_too_large",
            CloseCode.SLOW_CONSUMER, "slow_consumer",
            CloseCode.HEARTBEAT_TIMEOUT, "heartbeat_timeout",
            CloseCode.GOING_AWAY, "connection_lost");
    closes.forEach(
        (close, code) -> {
          page.awaitExplained(
              code,
              "closed with " + close.code(),
              () -> closeAll(close, code.equals("connection_lost") ? "" : code));
          page.awaitStatus("open");
        });

    page.awaitExplained(
        "too_many_invalid_messages",
        "closed with 4400",
        () -> closeAll(CloseCode.TOO_MANY_INVALID_MESSAGES, "too_many_invalid_messages"));
    page.awaitStatus("failed");
  }

  @Test
  void causesThatNoButtonMakesAreExplainedToo() {
    browser.open(server.uri("http", "/"));
    String address = server.uri("ws", "/ws").toString();

    assertThat(cause("{url: 'ftp://x'}")).startsWith("url_invalid failed The browser refuses");
    assertThat(cause("{url, getToken: () => { throw new Error('not signed in'); }}", address))
        .startsWith("token_unavailable waiting getToken failed")
        .endsWith("not signed in");
    assertThat(cause("{url, getToken: () => ' '}", address))
        .startsWith("token_malformed failed getToken returned no compact JWS");
    assertThat(cause("{url}", address)).startsWith("token_missing failed ");
    assertThat(cause("{url, getToken: token('mallory')}", address))
        .startsWith("user_disabled failed The user is disabled");
    assertThat(cause("{url, getToken: token('nobody')}", address))
        .startsWith("user_not_found failed ");
  }

  @Test
  void whatAProxyDoesToTheUpgradeIsExplained() {
    try (Gate noUpgrades = new Gate(server.port(), Gate.Mode.NO_UPGRADES);
        Gate noSubprotocol = new Gate(server.port(), Gate.Mode.NO_SUBPROTOCOL);
        Gate mute = new Gate(server.port(), Gate.Mode.MUTE);
        Gate silent = new Gate(server.port(), Gate.Mode.SILENT)) {
      browser.open(server.uri("http", "/"));

      // All at once: two of them take seconds before they can say anything.
      JsonNode causes =
          browser.evaluate(
              "Promise.all(["
                  + trial("{url, getToken: token('bob')}", noUpgrades.socket())
                  + ','
                  + trial("{url, getToken: token('bob')}", noSubprotocol.socket())
                  + ','
                  + trial("{url, getToken: token('bob')}", mute.socket())
                  + ','
                  + trial("{url, getToken: token('bob')}", silent.socket())
                  + "])");

      assertThat(causes.get(0).asText()).contains("upgrade_not_forwarded waiting", "ws: true");
      assertThat(causes.get(1).asText())
          .contains("subprotocol_mismatch waiting", "A proxy must pass Sec-WebSocket-Protocol");
      assertThat(causes.get(2).asText()).contains("welcome_timeout waiting No welcome came");
      assertThat(causes.get(3).asText()).contains("open_timeout waiting The socket did not open");
    }
  }

  private static void closeAll(CloseCode code, String reason) {
    server.connections().list().forEach(connection -> connection.close(code, reason));
  }

  private String cause(String options) {
    return cause(options, "");
  }

  private String cause(String options, String url) {
    return browser.evaluate(trial(options, url)).asText();
  }

  /** An expression for code, status and message of the first cause that such a client shows. */
  private static String trial(String options, String url) {
    return """
        import('/drawbridge/drawbridge.js').then(({createClient}) => new Promise((resolve) => {
          const url = '%s';
          const token = (sub) => async () => (await (await fetch('/ws/dev-token', {
            method: 'POST',
            headers: {'content-type': 'application/json'},
            body: JSON.stringify({sub}),
          })).json()).token;
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
        .formatted(url, options);
  }
}
