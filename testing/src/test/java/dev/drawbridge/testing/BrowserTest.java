package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BrowserTest {
  private LocalHttp server;

  @BeforeEach
  void startServer() {
    server = LocalHttp.page("<!doctype html><title>Bridge</title>");
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  @ParameterizedTest
  @EnumSource
  void pageIsLoadedAndAnswersInJson(BrowserKind kind) {
    try (Browser browser = kind.launch()) {
      URI page = URI.create("http://127.0.0.1:" + server.port() + "/");
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
