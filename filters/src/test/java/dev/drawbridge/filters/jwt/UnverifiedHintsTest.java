package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.filters.testing.OpenIdServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.CapturedLog;
import dev.drawbridge.testing.LocalHttp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a stranger writes into a token that nobody verifies, and what is told of it. */
class UnverifiedHintsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Ends a line, a text in quotes and a member, and is longer than anything that is shown. */
  private static final String HOSTILE =
      "https://x\n\" fix=\"forged\\\u202e\u001b[31m" + "canary".repeat(50) + "END";

  private OpenIdServer provider;

  @BeforeEach
  void start() throws Exception {
    provider = new OpenIdServer();
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private Map<String, String> settings(boolean production) throws Exception {
    Map<String, String> settings =
        new LinkedHashMap<>(production ? TestServer.production() : TestServer.settings());
    settings.remove("drawbridge.jwt.secret");
    settings.put(
        "drawbridge.jwt.issuer",
        provider.provider("/first", TestKeys.RSA, "one")
            + ","
            + provider.provider("/second", TestKeys.RSA_2, "two")
            + ","
            + provider.url("/{tenantid}/v2.0"));
    settings.put("drawbridge.jwt.tenants", "t1");
    settings.put("drawbridge.jwt.allow.http", "true");
    provider.at(
        "/common/v2.0" + OpenIdServer.OPENID,
        LocalHttp.serving(
            OpenIdServer.metadata(provider.url("/{tenantid}/v2.0"), provider.url("/keys"))));
    return settings;
  }

  private String token(String where) {
    TestTokens token =
        TestTokens.token("alice")
            .claim("iss", provider.url("/first"))
            .key("RS256", TestKeys.RSA.getPrivate())
            .header("kid", "one");
    return switch (where) {
      case "iss" -> token.claim("iss", HOSTILE).sign();
      case "list" -> token.claim("iss", List.of(HOSTILE)).sign();
      case "tenant" ->
          token.claim("iss", provider.url("/" + HOSTILE.substring(9) + "/v2.0")).sign();
      case "kid" -> token.header("kid", HOSTILE.substring(0, 200)).sign();
      case "typ" -> token.header("typ", HOSTILE).sign();
      default -> {
        // No library signs with such a name.
        List<String> parts = List.of(token.sign().split("\\.", -1));
        yield TestTokens.base64(write(Map.of("alg", HOSTILE, "kid", "one")))
            + "."
            + parts.get(1)
            + ".AA";
      }
    };
  }

  private static byte[] write(Object value) {
    try {
      return JSON.writeValueAsBytes(value);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "iss, token_issuer_invalid",
    "list, token_issuer_invalid",
    "tenant, token_tenant_invalid",
    "kid, token_key_unknown",
    "typ, token_type_invalid",
    "alg, token_alg_not_allowed"
  })
  void whatNobodyHasVerifiedIsShortHarmlessAndCalledSo(String where, String code) throws Exception {
    for (boolean production : List.of(false, true)) {
      try (TestServer server = new TestServer(settings(production)).start();
          CapturedLog log = CapturedLog.of(JwtHandshakeFilter.class)) {
        TestServer.Answer answer = server.bearer(token(where));

        assertThat(answer.code()).isEqualTo(code);
        String hint = JSON.readTree(answer.body()).path("hint").asText();
        List<CapturedLog.Line> lines = log.containing(code);
        assertThat(lines).hasSize(1);
        String line = lines.get(0).text();
        if (production) {
          assertThat(answer.body()).doesNotContain("canary", "forged");
          // Of the header alg and kid alone are told, as words.
          assertThat(line.contains("canary")).isEqualTo(List.of("alg", "kid").contains(where));
        } else {
          assertThat(hint).contains("canary", "(unverified)");
          assertThat(line).contains("hint=\"" + hint + "\"");
        }
        for (String text : List.of(hint, line)) {
          assertThat(text)
              .doesNotContain("END", "canarycanarycanarycanarycanarycanarycanarycanarycanarycanary")
              .matches("[ -~]*");
        }
        assertThat(hint).doesNotContain("\"", "\\", " fix=");
        assertThat(line.split(" fix=\"", -1)).hasSize(2);
      }
    }
  }
}
