package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BrowserTest {
  private HttpServer server;

  @BeforeEach
  void startServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] page = "<!doctype html><title>Bridge</title>".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  @ParameterizedTest
  @EnumSource
  void pageIsLoadedAndAnswersInJson(BrowserKind kind) {
    try (Browser browser = kind.launch()) {
      URI page = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
      browser.open(page);

      assertThat(browser.kind()).isEqualTo(kind);
      assertThat(browser.evaluate("document.title").asText()).isEqualTo("Bridge");
      assertThat(browser.evaluate("fetch('/').then(r => ({status: r.status}))").at("/status"))
          .hasToString("200");
      assertThat(browser.evaluate("undefined").isNull()).isTrue();
      assertThatThrownBy(() -> browser.evaluate("Promise.reject(new Error('no bridge'))"))
          .isInstanceOf(BrowserException.class)
          .hasMessageContaining("no bridge");
      browser.evaluate("setTimeout(() => { window.open1 = true; }, 50)");
      browser.awaitTrue("window.open1", Duration.ofSeconds(5));
      assertThatThrownBy(() -> browser.awaitTrue("false", Duration.ofMillis(100)))
          .isInstanceOf(BrowserException.class);

      browser.evaluate("localStorage.setItem('seen', 'by both')");
      try (Browser second = browser.newTab(page)) {
        assertThat(second.evaluate("localStorage.getItem('seen')").asText()).isEqualTo("by both");
        assertThat(browser.evaluate("window.open1").asBoolean()).isTrue();
      }
      browser.hidden(true);
      browser.awaitTrue("document.visibilityState === 'hidden'", Duration.ofSeconds(5));
      browser.hidden(false);
      browser.awaitTrue("document.visibilityState === 'visible'", Duration.ofSeconds(5));
      boolean offline = browser.offline(true);
      assertThat(offline).isEqualTo(kind != BrowserKind.WEBKIT);
      browser.awaitTrue("navigator.onLine === " + !offline, Duration.ofSeconds(5));
      browser.offline(false);
      browser.awaitTrue("navigator.onLine", Duration.ofSeconds(5));
    }
  }
}
