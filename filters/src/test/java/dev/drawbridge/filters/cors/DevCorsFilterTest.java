package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.filters.cors.rules.OriginReason;
import dev.drawbridge.filters.testing.CorsServer;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.RawHttp.Answer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevCorsFilterTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String APP = "https://app.example.com";
  private static CorsServer dev;
  private static CorsServer production;

  @BeforeAll
  static void startServers() throws Exception {
    dev = CorsServer.start(CorsServer.DEV);
    production = CorsServer.start(CorsServer.PRODUCTION);
  }

  @AfterAll
  static void stopServers() throws Exception {
    dev.close();
    production.close();
  }

  @BeforeEach
  void forget() {
    dev.seen.clear();
    production.seen.clear();
  }

  private static Answer get(CorsServer server, String... headers) throws IOException {
    return RawHttp.send(server.port(), "GET /api/ok", headers);
  }

  private static Answer preflight(CorsServer server, String... headers) throws IOException {
    return RawHttp.send(server.port(), "OPTIONS /api/ok", headers);
  }

  @Test
  void requestWithoutOriginPassesWithVaryAlone() throws IOException {
    Answer answer = get(production);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("ok");
    assertThat(answer.corsHeaders()).isEmpty();
    assertThat(answer.header("Vary")).contains("Origin");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"https://app.example.com", "https://A.B.example.org", "https://x.example.org:443"})
  void allowedOriginIsEchoedAsSent(String origin) throws IOException {
    Answer answer = get(production, "Origin: " + origin);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Access-Control-Allow-Origin")).contains(origin);
    assertThat(answer.header("Access-Control-Allow-Credentials")).contains("true");
    assertThat(answer.header("Access-Control-Expose-Headers"))
        .contains("X-Request-Id, Retry-After, WWW-Authenticate");
    assertThat(answer.header("Vary")).contains("Origin");
    assertThat(production.seen).containsExactly("GET /api/ok");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://app.example.com",
        "https://evil.com",
        "https://example.org",
        "null",
        "",
        "http://localhost:3000",
        "https://app.example.com/",
        "chrome-extension://abc"
      })
  void productionRefusesEveryOtherOriginForEveryKindOfRequest(String origin) throws IOException {
    List<Answer> answers =
        List.of(
            get(production, "Origin: " + origin),
            RawHttp.send(
                production.port(), "POST /api/ok", "Origin: " + origin, "Content-Length: 0"),
            preflight(production, "Origin: " + origin, "Access-Control-Request-Method: PUT"),
            RawHttp.send(production.port(), "OPTIONS /api/ok", "Origin: " + origin),
            RawHttp.send(production.port(), "HEAD /nowhere", "Origin: " + origin),
            RawHttp.handshake(production.port(), "Origin: " + origin));

    for (Answer answer : answers) {
      assertThat(answer.status()).isEqualTo(403);
      assertThat(answer.corsHeaders()).isEmpty();
      assertThat(answer.header("Vary")).contains("Origin");
      assertThat(answer.header("Cache-Control")).contains("no-store");
      assertThat(answer.header("X-Content-Type-Options")).contains("nosniff");
      assertThat(answer.header("X-Cors-Reason")).isEmpty();
    }
    assertThat(production.seen).isEmpty();
  }

  @Test
  void productionTellsTheCodeAndNothingOfTheList() throws IOException {
    Answer answer = get(production, "Origin: https://app.example.com:8443");

    JsonNode body = JSON.readTree(answer.body());
    assertThat(answer.header("Content-Type").orElse("")).startsWith("application/problem+json");
    assertThat(body.path("code").asText()).isEqualTo("origin_denied");
    assertThat(body.path("status").asInt()).isEqualTo(403);
    assertThat(body.path("requestId").asText()).isEqualTo(answer.header("X-Request-Id").orElse(""));
    assertThat(body.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "type", "title", "status", "code", "action", "retryable", "requestId");
    assertThat(answer.body()).doesNotContain("example");
  }

  @Test
  void devModeSaysReasonNearestEntryAndList() throws IOException {
    Answer answer = get(dev, "Origin: https://app.example.com:8443");

    JsonNode body = JSON.readTree(answer.body());
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.header("X-Cors-Reason")).contains("not-listed");
    assertThat(body.path("reason").asText()).isEqualTo("not-listed");
    assertThat(body.path("origin").asText()).isEqualTo("https://app.example.com:8443");
    assertThat(body.path("hint").asText())
        .isEqualTo(
            "port differs from https://app.example.com;"
                + " add https://app.example.com:8443 to DEV_WEBSOCKET_ORIGINS");
    assertThat(body.path("allowed").get(0).asText()).isEqualTo(APP);
    assertThat(body.path("allowed")).hasSize(7);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost:3000",
        "https://localhost",
        "http://127.0.0.1:5173",
        "http://[::1]:8080"
      })
  void devModeAllowsThisMachineOnAnyPort(String origin) throws IOException {
    assertThat(get(dev, "Origin: " + origin).header("Access-Control-Allow-Origin"))
        .contains(origin);
    assertThat(RawHttp.handshake(dev.port(), "Origin: " + origin).status()).isEqualTo(101);
    assertThat(dev.seen).containsExactly("GET /api/ok", "WebSocket /ws/echo");
  }

  @Test
  void handshakeWithoutOriginPassesUnlessOneIsRequired() throws Exception {
    assertThat(RawHttp.handshake(production.port()).status()).isEqualTo(101);

    try (CorsServer strict =
        CorsServer.start(
            Map.of("requireOrigin", "true").entrySet().stream()
                .collect(
                    java.util.stream.Collectors.toMap(
                        e -> "drawbridge.require.origin", Map.Entry::getValue)))) {
      Answer refused = RawHttp.handshake(strict.port());
      assertThat(refused.status()).isEqualTo(403);
      assertThat(JSON.readTree(refused.body()).path("code").asText()).isEqualTo("origin_required");
      assertThat(RawHttp.send(strict.port(), "GET /api/ok", "Sec-WebSocket-Key: x").status())
          .isEqualTo(403);
      assertThat(get(strict).status()).isEqualTo(200);
      assertThat(strict.counters().refused(OriginReason.MISSING)).isEqualTo(2);
    }
  }

  @Test
  void preflightIsAnsweredWithTheRealListsWhateverIsAsked() throws IOException {
    Answer answer =
        preflight(
            production,
            "Origin: " + APP,
            "Access-Control-Request-Method: BREW",
            "Access-Control-Request-Headers: x-unknown");

    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.body()).isEmpty();
    assertThat(answer.header("Access-Control-Allow-Origin")).contains(APP);
    assertThat(answer.header("Access-Control-Allow-Credentials")).contains("true");
    assertThat(answer.header("Access-Control-Allow-Methods"))
        .contains("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    assertThat(answer.header("Access-Control-Allow-Headers"))
        .contains("Authorization, Content-Type, X-Requested-With");
    assertThat(answer.header("Access-Control-Max-Age")).contains("600");
    assertThat(answer.header("Access-Control-Allow-Private-Network")).isEmpty();
    assertThat(answer.header("Vary"))
        .contains("Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    assertThat(production.seen).isEmpty();
  }

  @Test
  void devPreflightEchoesAskedTokensOfAllLinesOnce() throws IOException {
    Answer answer =
        preflight(
            dev,
            "Origin: " + APP,
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: x-b,, content-type , X-A",
            "Access-Control-Request-Headers: x-a, not a token, *, x\"y",
            "Access-Control-Request-Private-Network: true");

    assertThat(answer.header("Access-Control-Allow-Headers"))
        .contains("Authorization, Content-Type, X-Requested-With, x-b, x-a");
    assertThat(answer.header("Access-Control-Max-Age")).contains("0");
    assertThat(answer.header("Access-Control-Allow-Private-Network")).contains("true");
    assertThat(answer.header("Vary").orElse("")).endsWith("Access-Control-Request-Private-Network");
  }

  @Test
  void tooManyAskedHeadersGetThePlainList() throws IOException {
    String names =
        String.join(",", java.util.stream.IntStream.range(0, 65).mapToObj(i -> "x-" + i).toList());
    String longName = "x-" + "a".repeat(4096);
    for (String asked : List.of(names, longName)) {
      assertThat(
              preflight(
                      dev,
                      "Origin: " + APP,
                      "Access-Control-Request-Method: PUT",
                      "Access-Control-Request-Headers: " + asked)
                  .header("Access-Control-Allow-Headers"))
          .contains("Authorization, Content-Type, X-Requested-With");
    }
  }

  @Test
  void optionsWithoutRequestedMethodReachesTheApplication() throws IOException {
    assertThat(preflight(production, "Origin: " + APP).status()).isEqualTo(200);
    assertThat(preflight(production, "Origin: " + APP, "Access-Control-Request-Method: ").status())
        .isEqualTo(200);
    assertThat(production.seen).containsExactly("OPTIONS /api/ok", "OPTIONS /api/ok");
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /api/denied 401", "GET /nowhere 404", "GET /api/throw 500"})
  void pageOfAnAllowedOriginCanReadErrors(String expected) throws IOException {
    String[] parts = expected.split(" ", -1);

    Answer answer = RawHttp.send(production.port(), parts[0] + " " + parts[1], "Origin: " + APP);

    assertThat(answer.status()).isEqualTo(Integer.parseInt(parts[2]));
    assertThat(answer.header("Access-Control-Allow-Origin")).contains(APP);
    assertThat(answer.header("Access-Control-Allow-Credentials")).contains("true");
    // Jetty's own error page drops Vary after all filters, but forbids to keep the page.
    assertThat(answer.header("Cache-Control").orElse("")).contains("no-store");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://shop.example.com",
        "null",
        "http://localhost:8080",
        "https://app.example.com."
      })
  void ownPagesOfTheApplicationPassWithoutCorsHeaders(String origin) throws IOException {
    for (String site : List.of("same-origin", "none")) {
      Answer answer = get(production, "Origin: " + origin, "Sec-Fetch-Site: " + site);
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.corsHeaders()).isEmpty();
      assertThat(answer.header("Vary")).contains("Origin");
    }
    assertThat(get(production, "Origin: " + origin, "Sec-Fetch-Site: same-site").status())
        .isEqualTo(403);
    assertThat(get(production, "Origin: " + origin, "Sec-Fetch-Site: cross-site").status())
        .isEqualTo(403);
    assertThat(get(production, "Origin: " + origin, "Sec-Fetch-Site: Same-Origin").status())
        .isEqualTo(403);
    assertThat(
            get(production, "Origin: " + origin, "Sec-Fetch-Site: none", "Sec-Fetch-Site: none")
                .status())
        .isEqualTo(403);
    assertThat(get(production, "Origin: " + origin, "X-Forwarded-Host: shop.example.com").status())
        .isEqualTo(403);
  }

  @Test
  void ownPageNeverVouchesForHandshakePreflightOrBrokenOrigin() throws IOException {
    String own = "Origin: https://shop.example.com";
    String site = "Sec-Fetch-Site: same-origin";

    assertThat(RawHttp.handshake(production.port(), own, site).status()).isEqualTo(403);
    assertThat(get(production, own, site, "Connection: Upgrade", "Upgrade: websocket").status())
        .isEqualTo(403);
    assertThat(get(production, own, site, "Connection: Upgrade", "Upgrade: foo").status())
        .isEqualTo(403);
    assertThat(get(production, own, site, "sec-websocket-key: x").status()).isEqualTo(403);
    assertThat(get(production, own, site, "SEC-WEBSOCKET-ANYTHING: x").status()).isEqualTo(403);
    assertThat(preflight(production, own, site, "Access-Control-Request-Method: GET").status())
        .isEqualTo(403);
    assertThat(get(production, own, own, site).status()).isEqualTo(403);
    assertThat(get(production, "Origin: https://a b", site).status()).isEqualTo(403);
    assertThat(get(production, "Origin: https://shop.example.com/", site).status()).isEqualTo(403);
    assertThat(production.seen).isEmpty();
  }

  @Test
  void devModeRefusesForeignHost() throws Exception {
    for (String host :
        List.of("evil.com", "localhost.evil.com", "127.0.0.1.evil.com:80", "", "a b")) {
      Answer answer = get(dev, "Host: " + host);
      // 400: Jetty itself finds fault with it.
      assertThat(answer.status()).as(host).isIn(403, 400);
    }
    assertThat(get(dev, "Host: evil.com").header("X-Cors-Reason")).contains("host");
    assertThat(get(dev, "Host: evil.com", "X-Forwarded-Host: localhost").status()).isEqualTo(403);
    assertThat(get(dev, "Host: evil.com", "Origin: " + APP).status()).isEqualTo(403);
    assertThat(
            preflight(dev, "Host: evil.com", "Origin: " + APP, "Access-Control-Request-Method: GET")
                .status())
        .isEqualTo(403);
    assertThat(get(dev, "Host: evil.com", "Origin: http://x.y", "Sec-Fetch-Site: none").status())
        .isEqualTo(403);
    assertThat(RawHttp.handshake(dev.port(), "Host: evil.com").status()).isEqualTo(403);
    assertThat(dev.seen).isEmpty();

    for (String host :
        List.of(
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:80",
            "[::1]:80",
            "10.1.2.3",
            "app.example.com",
            "tenant.localhost:8080")) {
      assertThat(get(dev, "Host: " + host).status()).as(host).isEqualTo(200);
    }
    assertThat(get(production, "Host: anything.example").status()).isEqualTo(200);
  }

  @Test
  void countersTellAllowedAndRefusedByReason() throws Exception {
    try (CorsServer server = CorsServer.start(CorsServer.PRODUCTION)) {
      get(server);
      get(server, "Origin: " + APP);
      preflight(server, "Origin: " + APP, "Access-Control-Request-Method: GET");
      get(server, "Origin: null");
      get(server, "Origin: https://evil.com");
      RawHttp.handshake(server.port(), "Origin: https://evil.com");

      assertThat(server.counters().allowed()).isEqualTo(2);
      assertThat(server.counters().preflights()).isEqualTo(1);
      assertThat(server.counters().refused())
          .containsEntry("not-listed", 2L)
          .containsEntry("null-origin", 1L)
          .containsEntry("malformed", 0L);
    }
  }
}
