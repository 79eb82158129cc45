package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JwtHandshakeFilterTest {

  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = new TestServer(TestServer.settings()).start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @BeforeEach
  void forget() {
    server.upgrades.clear();
  }

  @Test
  void goodTokenInTheAuthorizationHeaderIsUpgraded() {
    TestServer.Answer answer = server.bearer(TestTokens.good("alice"));

    assertThat(answer.status()).isEqualTo(101);
    assertThat(server.upgrades).hasSize(1);
    assertThat(server.upgrades.get(0).handshake().user().subject()).isEqualTo("alice");
    assertThat(server.upgrades.get(0).handshake().transport()).isEqualTo("authorization");
    assertThat(server.upgrades.get(0).user()).isEqualTo("alice");
  }

  @Test
  void goodTokenAmongTheSubprotocolsIsUpgradedAndNotSeenBehindTheFilter() {
    TestServer.Answer answer =
        server.handshakeWith(
            List.of("drawbridge.v1", "drawbridge.bearer." + TestTokens.good("alice")));

    assertThat(answer.status()).isEqualTo(101);
    assertThat(answer.header("Sec-WebSocket-Protocol")).contains("drawbridge.v1");
    assertThat(server.upgrades).hasSize(1);
    assertThat(server.upgrades.get(0).handshake().transport()).isEqualTo("subprotocol");
    assertThat(server.upgrades.get(0).protocolHeaders()).containsExactly("drawbridge.v1");
    assertThat(server.upgrades.get(0).subprotocols()).containsExactly("drawbridge.v1");
  }

  @Test
  void refusedHandshakeNeverReachesTheEndpoint() {
    TestServer.Answer answer = server.bearer(TestTokens.good("alice") + "=");

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.code()).isEqualTo("token_malformed");
    assertThat(server.upgrades).isEmpty();
  }

  @Test
  void ordinaryRequestIsAuthenticatedToo() throws Exception {
    HttpResponse<String> response =
        TestServer.CLIENT.send(
            HttpRequest.newBuilder(server.uri("/api/who"))
                .header("Authorization", "bearer " + TestTokens.good("alice"))
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(response.body())
        .isEqualTo("alice alice admin=true auditor=false Bearer subprotocols=null");
  }

  @Test
  void otherSubprotocolsStayAsTheyAre() {
    TestServer.Answer answer =
        server.plain(
            "/api/who",
            "Host: localhost",
            "Authorization: Bearer " + TestTokens.good("alice"),
            "Sec-WebSocket-Protocol: chat,  other",
            "Sec-WebSocket-Protocol: third");

    assertThat(answer.body()).contains("subprotocols=chat, other, third");
  }

  @Test
  void ordinaryRouteRefusesLikeTheHandshake() {
    TestServer.Answer answer = server.plain("/api/who", "Host: localhost");

    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.code()).isEqualTo("token_missing");
  }

  @Test
  void tokenEntryIsGoneFromEveryViewOfTheHeader() {
    String entry = "drawbridge.bearer." + TestTokens.good("alice");
    server.raw(
        "/ws",
        "Sec-WebSocket-Protocol: drawbridge.v1",
        "Sec-WebSocket-Protocol: x," + entry + " ,y");

    assertThat(server.upgrades.get(0).subprotocols()).containsExactly("drawbridge.v1", "x", "y");
    assertThat(server.upgrades.get(0).protocolHeaders()).containsExactly("drawbridge.v1, x, y");
  }

  @Test
  void wronglySpelledTokenEntryIsRefusedAndNotPassedOn() {
    String entry = "x-drawbridge.bearer." + TestTokens.good("alice");

    assertThat(server.raw("/ws", "Sec-WebSocket-Protocol: drawbridge.v1, " + entry).code())
        .isEqualTo("credentials_malformed");
    assertThat(server.upgrades).isEmpty();
  }

  @Test
  void queryTokenWorksInDevelopmentBySetting() throws Exception {
    java.util.Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.jwt.query.token", "true");
    try (TestServer open = new TestServer(settings).start()) {
      assertThat(open.raw("/ws?x=1&access_token=" + TestTokens.good("alice")).status())
          .isEqualTo(101);
      assertThat(open.runtime().authenticator().transports())
          .containsExactly("authorization", "subprotocol", "query");
    }
  }

  @Test
  void stoppedApplicationLetsNobodyThrough() throws Exception {
    JwtHandshakeFilter filter = new JwtHandshakeFilter();

    assertThat(
            org.assertj.core.api.Assertions.catchThrowable(
                () -> filter.doFilter(null, null, (request, response) -> {})))
        .isInstanceOf(jakarta.servlet.ServletException.class);
  }
}
