package dev.drawbridge.filters.jwt.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How a credential may be written on the wire, and how not; {@code <T>} stands for a good token.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CredentialFormsTest {
  private final String token = TestTokens.good("alice");
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

  private TestServer.Answer send(String lines) {
    return server.raw("/ws", lines.replace("<T>", token).replace("~", "\t").split(" \\+ ", -1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "authorization: bearer <T>",
        "AUTHORIZATION:BEARER <T>",
        "Authorization: Bearer   <T>",
        "Authorization: ~ BeArEr <T> ~",
        "Sec-WebSocket-Protocol: drawbridge.v1,drawbridge.bearer.<T>",
        "sec-websocket-protocol: drawbridge.bearer.<T> , drawbridge.v1",
        "Sec-WebSocket-Protocol: ,, ~drawbridge.v1~,, drawbridge.bearer.<T>,",
        "Sec-WebSocket-Protocol: drawbridge.v1 + Sec-WebSocket-Protocol: drawbridge.bearer.<T>",
        // What a proxy or the browser adds by itself is no credential of ours.
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T> + Authorization: Basic YTpi",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T>"
            + " + Authorization: Negotiate YIIJvwYGKwYBBQUCoIIJszCC",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T>"
            + " + Authorization: Digest username=\"a\", realm=\"b\"",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T> + authorization: NTLM",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T> + Authorization:",
        "Authorization: Basic YTpi + Authorization: Bearer <T>",
        "Authorization: Bearer <T> + Authorization: Basic YTpi + Authorization: Negotiate x",
        "Authorization: + Authorization: Bearer <T>",
        "Sec-WebSocket-Protocol: drawbridge.bearer.<T> + Sec-WebSocket-Protocol:"
            + " + Sec-WebSocket-Protocol: drawbridge.v1"
      })
  void honestFormsOpenTheDoorAndTheTokenIsSeenByNobody(String lines) {
    assertThat(send(lines).status()).isEqualTo(101);

    assertThat(server.upgrades).hasSize(1);
    assertThat(server.upgrades.get(0).user()).isEqualTo("alice");
    assertThat(server.upgrades.get(0).subprotocols().toString()).doesNotContain("bearer");
    assertThat(server.upgrades.get(0).protocolHeaders().toString()).doesNotContain("bearer");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Authorization: Bearer<T> | credentials_malformed",
        "Authorization: Bearer, <T> | credentials_malformed",
        "Authorization: Bearer ~<T> | credentials_malformed",
        "Authorization: Bearer <T>~x | credentials_malformed",
        "Authorization: Bearer \"<T>\" | token_malformed",
        "Authorization: Bearer Bearer <T> | credentials_malformed",
        "Authorization: Token <T> | token_missing",
        "Authorization: <T> | credentials_malformed",
        "Authorization: Bearer <T>, Basic YTpi | credentials_malformed",
        "Authorization: Bearer <T> + authorization: bearer <T> | credentials_ambiguous",
        "Proxy-Authorization: Bearer <T> | token_missing",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T>, drawbridge.bearer."
            + " | credentials_ambiguous",
        "Sec-WebSocket-Protocol: drawbridge.v1 drawbridge.bearer.<T> | credentials_malformed",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer. <T> | token_malformed",
        "Sec-WebSocket-Protocol: drawbridge.v1, \"drawbridge.bearer.<T>\" | credentials_malformed",
        "Sec-WebSocket-Protocol: drawbridge.v1, DRAWBRIDGE.BEARER.<T> | credentials_malformed",
        "Sec-WebSocket-Protocol: DRAWBRIDGE.V1, drawbridge.bearer.<T> | subprotocol_missing",
        "Sec-WebSocket-Protocol: drawbridge.v1;q=1, drawbridge.bearer.<T> | subprotocol_missing",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T>"
            + " + Authorization: Bearer | credentials_malformed",
        "Sec-WebSocket-Protocol: drawbridge.v1, drawbridge.bearer.<T>"
            + " + Authorization: <T> | credentials_malformed",
        "Authorization: | token_missing",
        "Authorization: Basic YTpi, Bearer <T> | token_missing",
        "Authorization: Basic YTpi + Authorization: Negotiate abc | token_missing",
        "Cookie: token=<T> | token_missing",
        "Cookie: __Host-drawbridge=<T>; access_token=<T> | token_missing"
      })
  void otherFormsDoNot(String lines, String code) {
    assertThat(send(lines).code()).isEqualTo(code);
    assertThat(server.upgrades).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/ws?access_token=<T>, transport_disabled",
    "/ws?x&access%5ftoken=<T>&y, transport_disabled",
    "/ws?access_token=, transport_disabled",
    "/ws?access_token, token_missing",
    "/ws?Access_Token=<T>, token_missing",
    "/ws?token=<T>, token_missing",
    "/ws;access_token=<T>, token_missing",
    "/ws?access_token=<T>&access_token=<T>, credentials_ambiguous",
    "/ws?%zz=1&access_token=<T>, transport_disabled"
  })
  void addressIsNoPlaceForAToken(String target, String code) {
    TestServer.Answer answer = server.raw(target.replace("<T>", token));

    assertThat(answer.code()).isIn(List.of(code, "none (400)"));
    assertThat(answer.body()).doesNotContain(token);
    assertThat(server.upgrades).isEmpty();
  }

  @Test
  void foldedAndBrokenLinesAreNoCredentials() {
    for (String lines :
        List.of(
            "Authorization: Bearer\r\n " + token,
            "Authorization : Bearer " + token,
            "Authorization: Bearer " + token + "\u0000",
            "Authorization: Bearer " + token + "\u00e9")) {
      assertThat(server.raw("/ws", lines).status()).as(lines.substring(0, 20)).isIn(400, 401);
    }
    assertThat(server.upgrades).isEmpty();
  }
}
