package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import dev.drawbridge.testing.Ports;
import java.io.IOException;
import java.net.URI;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the browser itself forbids a page is named as such, and at once. */
@ExtendWith(Browsers.class)
class PagePolicyTest {
  private static final String FAR = "server.example";

  @Test
  void whatAContentSecurityPolicyForbidsIsNamedWithinATenthOfASecond() throws Exception {
    inChromiumAndFirefox(
        (page, pages) -> {
          page.open(pages.strictPage());

          page.begin("wss://" + FAR + ":8443/ws", "a.b.c");

          JsonNode error = page.error();
          assertThat(error.path("code").asText()).isEqualTo("csp_blocked");
          assertThat(error.path("hint").asText())
              .isEqualTo(
                  "Add to it: connect-src wss://server.example:8443 https://server.example:8443");
          assertThat(error.path("ms").asLong()).isLessThan(100);
          assertThat(status(page)).isEqualTo("failed");
        });
  }

  @Test
  void aForbiddenDiscoveryDocumentIsNamedToo() throws Exception {
    inChromiumAndFirefox(
        (page, pages) -> {
          page.open(pages.strictPage());

          page.run("begin({ configUrls: ['https://server.example/ws/config'], token: 'a.b.c' })");

          JsonNode error = page.error();
          assertThat(error.path("code").asText()).as("%s", error).isEqualTo("csp_blocked");
          assertThat(error.path("hint").asText())
              .isEqualTo("Add to it: connect-src wss://server.example https://server.example");
          assertThat(status(page)).isEqualTo("failed");
        });
  }

  @Test
  void aPageByHttpsThatUsesAnInsecureAddressIsToldSo() throws Exception {
    inChromiumAndFirefox(
        (page, pages) -> {
          page.open(pages.securePage());

          page.begin("ws://" + FAR + "/ws", "a.b.c");

          JsonNode error = page.error();
          assertThat(error.path("code").asText()).as("%s", error).isEqualTo("mixed_content");
          assertThat(status(page)).isEqualTo("failed");
        });
  }

  @Test
  void aPageByHttpsMayUseTheMachineItself() throws Exception {
    inChromiumAndFirefox(
        (page, pages) -> {
          page.open(pages.securePage());

          page.begin("ws://127.0.0.1:" + Ports.free() + "/ws", "a.b.c");

          assertThat(page.error().path("code").asText()).isEqualTo("server_unreachable");
        });
  }

  @Test
  void aLostNetworkShowsWithinTwoSeconds() throws Exception {
    Browsers.inEach(
        EnumSet.of(BrowserKind.CHROMIUM, BrowserKind.FIREFOX),
        browser -> {
          try (MatrixPages pages = new MatrixPages();
              MatrixServer server = MatrixServer.start();
              Gate gate = new Gate(server.port())) {
            MatrixBrowser page = new MatrixBrowser(browser, pages.page());
            page.connect(gate.socket(), MatrixServer.TOKENS.of("alice"));
            gate.mode(Gate.Mode.SILENT);
            page.broken();

            // A driver that cannot cut the network tells the page what the browser would.
            if (!browser.offline(true)) {
              page.run(
                  "void Object.defineProperty(navigator, 'onLine', {value: false, configurable: true})");
              page.run("void dispatchEvent(new Event('offline'))");
            }

            JsonNode error = page.error();
            browser.offline(false);
            page.rest();
            assertThat(error.path("code").asText()).isEqualTo("offline");
            assertThat(error.path("ms").asLong()).isLessThan(2_000);
            browser.open(URI.create("about:blank"));
          }
        });
  }

  @FunctionalInterface
  private interface Scene {
    void play(MatrixBrowser page, MatrixPages pages) throws IOException;
  }

  private static void inChromiumAndFirefox(Scene scene) throws InterruptedException {
    Browsers.inEach(
        EnumSet.of(BrowserKind.CHROMIUM, BrowserKind.FIREFOX), browser -> play(browser, scene));
  }

  private static void play(Browser browser, Scene scene) throws IOException {
    try (MatrixPages pages = new MatrixPages()) {
      MatrixBrowser page = new MatrixBrowser(browser, pages.page());
      scene.play(page, pages);
      page.rest();
      browser.open(URI.create("about:blank"));
    }
  }

  private static String status(MatrixBrowser page) {
    return page.run("client.getSnapshot().status").asText();
  }
}
