package dev.drawbridge.filters.attempt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What dev mode keeps of a handshake, and what it must never keep. */
class AttemptFactsTest {
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(TestServer.settings()).behindDevCorsFilter().start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static AttemptFacts facts(String id) {
    return server.runtime().attempts().find(id).orElseThrow().facts();
  }

  @Test
  void aGoodHandshakeTellsItsWayThroughTheFilters() throws Exception {
    String token = TestTokens.token("alice").header("kid", "k1").sign();

    TestServer.Answer answer =
        server.handshakeAt(
            "/ws?attempt=good&client=test/1",
            List.of("drawbridge.v1", "drawbridge.bearer." + token),
            "Origin",
            "http://localhost:3000",
            "User-Agent",
            "tester");

    assertThat(answer.status()).isEqualTo(101);
    AttemptFacts facts = facts("good");
    assertThat(facts.filters()).containsExactly("DevCorsFilter");
    assertThat(facts.method()).isEqualTo("GET");
    assertThat(facts.path()).isEqualTo("/ws");
    assertThat(facts.origin()).isEqualTo("http://localhost:3000");
    assertThat(facts.originRule()).isEqualTo("http://localhost:* (dev mode)");
    assertThat(facts.originReason()).isNull();
    assertThat(facts.client()).isEqualTo("test/1");
    assertThat(facts.userAgent()).isEqualTo("tester");
    assertThat(facts.subprotocols())
        .containsExactly("drawbridge.v1", "drawbridge.bearer.(" + token.length() + " characters)");
    assertThat(facts.isTokenVerified()).isTrue();
    assertThat(facts.subject()).isEqualTo("alice");
    TokenFacts told = facts.token();
    assertThat(told.alg()).isEqualTo("HS256");
    assertThat(told.kid()).isEqualTo("k1");
    assertThat(told.sub()).isEqualTo("alice");
    assertThat(told.leftMs()).isPositive();
    assertThat(told.skewMs()).isLessThanOrEqualTo(0);
  }

  @Test
  void aRefusedTokenIsToldWithItsSkewAndTheFilterThatRefusedIt() throws Exception {
    long ahead = Instant.now().getEpochSecond() + 600;
    String token = TestTokens.token("alice").claim("iat", ahead).sign();

    server.handshakeAt("/ws?attempt=ahead", List.of(), "Authorization", "Bearer " + token);

    assertThat(server.attempt("ahead")).isEqualTo("token token_not_yet_valid");
    AttemptFacts facts = facts("ahead");
    assertThat(facts.filters()).containsExactly("DevCorsFilter", "JwtHandshakeFilter");
    assertThat(facts.isTokenVerified()).isFalse();
    assertThat(facts.subject()).isNull();
    assertThat(facts.token().skewMs()).isBetween(590_000L, 610_000L);
    assertThat(facts.hint()).contains("iat is");
  }

  @Test
  void aRefusedOriginIsToldWithTheReason() {
    server.handshakeAt("/ws?attempt=evil", List.of(), "Origin", "https://evil.example");

    AttemptFacts facts = facts("evil");
    assertThat(facts.origin()).isEqualTo("https://evil.example");
    assertThat(facts.originReason()).isEqualTo("not-listed");
    assertThat(facts.originRule()).isNull();
    assertThat(facts.hint()).contains("add https://evil.example to DEV_WEBSOCKET_ORIGINS");
  }

  @Test
  void productionKeepsNothing() throws Exception {
    Map<String, String> settings = TestServer.production();
    try (TestServer production = new TestServer(settings).start()) {
      production.handshakeAt("/ws?attempt=p1", List.of(), "Authorization", "Bearer x");

      assertThat(production.attempt("p1")).isEqualTo("token token_malformed");
      assertThat(production.runtime().attempts().find("p1").orElseThrow().facts()).isNull();
    }
  }

  @Test
  void noTokenIsKeptWhateverWayItComes() throws Exception {
    ObjectMapper json = JsonMapper.builder().build();
    String token = TestTokens.token("alice").claim("secret", "canary-claim").sign();
    String signature = token.substring(token.lastIndexOf('.') + 1);
    server.handshakeAt("/ws?attempt=c1", List.of(), "Authorization", "Bearer " + token);
    server.handshakeAt("/ws?attempt=c2", List.of("drawbridge.v1", "drawbridge.bearer." + token));
    server.handshakeAt("/ws?attempt=c3", List.of(token));
    server.handshakeAt("/ws?attempt=c4", List.of("access_token", "canaryopaque"));
    server.handshakeAt("/ws?attempt=c5&access_token=" + token, List.of());
    server.handshakeAt(
        "/ws?attempt=c6",
        List.of(),
        "Cookie",
        "session=canarycookie",
        "Referer",
        "http://localhost/p?token=canaryquery");

    for (String id : List.of("c1", "c2", "c3", "c4", "c5", "c6")) {
      AttemptFacts facts = facts(id);
      String all =
          json.writeValueAsString(facts.token())
              + facts.subprotocols()
              + facts.path()
              + facts.page()
              + facts.hint()
              + facts.userAgent()
              + facts.client()
              + facts.host();
      assertThat(all).as(id).doesNotContain(signature).doesNotContain("canary");
    }
    assertThat(facts("c4").subprotocols()).containsExactly("access_token", "(12 characters)");
    assertThat(facts("c6").page()).isEqualTo("http://localhost/p");
  }
}
