package dev.drawbridge.filters.cors.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.testing.CorsServer;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.RawHttp.Answer;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packaged applications and extensions: listed whole, compared letter by letter. */
class AppOriginTest {
  private static CorsServer server(boolean production, String list) throws Exception {
    Map<String, String> settings = new HashMap<>(production ? Map.of() : CorsServer.DEV);
    settings.put(production ? "WEBSOCKET_ALLOWED_ORIGINS" : "DEV_WEBSOCKET_ORIGINS", list);
    return CorsServer.start(settings);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "tauri://localhost:1430",
        "app://-",
        "app://.",
        "app://obsidian.md",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "moz-extension://0f8e5c2a-2d1b-4c57-9d0e-1d0c5a1f7b2e",
        "safari-web-extension://0F8E5C2A-2D1B-4C57-9D0E-1D0C5A1F7B2E",
        "vscode-webview://1q2w3e4r5t6z",
      })
  void listedOneIsLetInAndEchoedAndItsNeighboursAreNot(String origin) throws Exception {
    for (boolean production : new boolean[] {true, false}) {
      try (CorsServer server = server(production, origin + ", https://app.example.com")) {
        Answer answer = RawHttp.send(server.port(), "GET /api/ok", "Origin: " + origin);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("Access-Control-Allow-Origin")).contains(origin);
        assertThat(RawHttp.handshake(server.port(), "Origin: " + origin).status()).isEqualTo(101);
        String scheme = origin.substring(0, origin.indexOf(':'));
        for (String other :
            new String[] {
              origin + "x",
              origin + "/",
              origin + ".evil.com",
              origin.toUpperCase(java.util.Locale.ROOT),
              "x" + origin,
              scheme + "://evil",
              scheme + ":",
              "https" + origin.substring(scheme.length()),
              origin + " " + origin,
            }) {
          if (!other.equals(origin)) {
            assertThat(RawHttp.send(server.port(), "GET /api/ok", "Origin: " + other).status())
                .as(other)
                .isEqualTo(isLoopback(other, production) ? 200 : 403);
          }
        }
      }
    }
  }

  private static boolean isLoopback(String origin, boolean production) {
    return !production && origin.matches("https://localhost(:\\d+)?");
  }

  @ParameterizedTest
  @CsvSource({
    "chrome-extension://*, compared letter by letter",
    "capacitor://*, compared letter by letter",
    "tauri://localhost:*, compared letter by letter",
    "app://*.example.org, compared letter by letter",
    "file://localhost, must begin with http",
    "ws://localhost, WebSocket address",
    "ftp://app.example.com, must begin with http",
    "htps://app.example.com, must begin with http",
    "javascript://x, must begin with http",
    "app://, must have a host",
    "app://a/b, must begin with http",
    "app://user@host, must begin with http",
  })
  void whatIsNoWholeOriginStopsTheStart(String item, String problem) {
    Throwable thrown =
        catchThrowable(
            () -> {
              try (CorsServer server = server(true, item)) {
                assertThat(server.port()).isNegative();
              }
            });

    assertThat(thrown).isNotNull();
    Throwable root = Throwables.getRootCause(thrown);
    assertThat(root == null ? thrown : root)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource({
    "capacitor://localhost, add capacitor://localhost to DEV_WEBSOCKET_ORIGINS",
    "app://<script>, such as capacitor://localhost",
  })
  void refusedOneIsToldHowToListItWithoutMarkup(String origin, String hint) throws Exception {
    try (CorsServer server = server(false, "https://app.example.com")) {
      Answer answer = RawHttp.send(server.port(), "GET /api/ok", "Origin: " + origin);

      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.header("X-Cors-Reason")).contains("scheme");
      assertThat(answer.body()).contains(hint).doesNotContain("<", ">");
    }
  }
}
