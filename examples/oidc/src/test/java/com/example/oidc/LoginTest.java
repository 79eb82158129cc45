package com.example.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserException;
import dev.drawbridge.testing.BrowserKind;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A person logs in at a real OpenID provider with a real browser; then the provider changes its
 * keys, and then it is gone.
 */
class LoginTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Test
  void whoHasLoggedInConnectsAndStaysWhileTheProviderChangesItsKeysAndGoesAway() throws Exception {
    try (ShopServer shop = new ShopServer();
        LoginServer provider = LoginServer.start(shop.origin())) {
      shop.start(provider.issuer());
      URI page = URI.create(shop.origin() + "/");
      try (Browser browser = BrowserKind.CHROMIUM.launch()) {
        // The login.
        browser.open(page);
        browser.awaitTrue("window.ready", PATIENCE);
        browser.evaluate("login()");
        awaitPage(browser, "document.querySelector('[name=username]') !== null");
        browser.evaluate(
            """
            (() => {
              document.querySelector('[name=username]').value = 'alice';
              document.querySelector('[name=password]').value = '1234';
              setTimeout(() => document.querySelector('form').requestSubmit(), 0);
            })()""");
        awaitPage(browser, "window.welcome !== undefined");
        JsonNode user = browser.evaluate("window.welcome.user");
        assertThat(user.get("subject").asText()).isEqualTo("alice");
        assertThat(user.get("roles").toString()).isEqualTo("[\"admin\"]");
        String first = browser.evaluate("window.token").asText();

        // Other keys: the connection lives on, and a new token is taken at once.
        provider.rotate();
        Browser other = browser.newTab(page);
        other.awaitTrue("window.ready", PATIENCE);
        other.evaluate("login()");
        awaitPage(other, "window.welcome !== undefined");
        String second = other.evaluate("window.token").asText();
        assertThat(keyOf(second)).isNotEqualTo(keyOf(first));
        assertThat(echo(browser, "after the rotation")).isEqualTo("after the rotation");
        connects(shop, first);

        // No provider: connections live on, and both tokens are taken.
        provider.goesAway();
        assertThat(echo(browser, "alone")).isEqualTo("alone");
        assertThat(echo(other, "alone too")).isEqualTo("alone too");
        connects(shop, first);
        connects(shop, second);
        other.close();
      }
    }
  }

  @Test
  void serverThatStartsBeforeItsProviderWaitsForIt() throws Exception {
    String issuer;
    try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      issuer = "http://localhost:" + gone.getLocalPort();
    }
    try (ShopServer shop = new ShopServer().start(issuer)) {
      assertThatThrownBy(
              () ->
                  connects(
                      shop,
                      token("{\"alg\":\"RS256\",\"kid\":\"x\"}", "{\"iss\":\"" + issuer + "\"}")))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class,
              refused -> assertThat(refused.status()).isEqualTo(503));
    }
  }

  private static String token(String header, String claims) {
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    return String.join(
        ".",
        List.of(
            encoder.encodeToString(header.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
            encoder.encodeToString(claims.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
            encoder.encodeToString(new byte[256])));
  }

  private static String keyOf(String token) throws Exception {
    byte[] header = Base64.getUrlDecoder().decode(token.substring(0, token.indexOf('.')));
    return JSON.readTree(header).get("kid").asText();
  }

  private static String echo(Browser browser, String text) {
    browser.evaluate("ask('" + text + "')");
    browser.awaitTrue("window.answered !== undefined || window.gone !== undefined", PATIENCE);
    assertThat(browser.evaluate("window.gone ?? 0").asInt()).as("close code").isZero();
    return browser.evaluate("window.answered").asText();
  }

  private static void connects(ShopServer shop, String token) {
    URI uri = URI.create(shop.origin().replace("http:", "ws:") + "/ws");
    try (RecordingClient client = RecordingClient.connect(uri, token)) {
      client.leave();
    }
  }

  /** Over a change of pages, in which a browser may have no page to ask. */
  private static void awaitPage(Browser browser, String condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        browser.awaitTrue(condition, Duration.ofSeconds(2));
        return;
      } catch (BrowserException e) {
        if (System.nanoTime() > end) {
          throw new AssertionError(
              condition + " at " + browser.evaluate("document.documentElement.outerHTML"), e);
        }
      }
    }
  }
}
