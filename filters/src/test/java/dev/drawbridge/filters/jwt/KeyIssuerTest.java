package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.jwt.keys.KeyReader;
import dev.drawbridge.filters.testing.OpenIdServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.LocalHttp;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A key that names its issuer verifies the tokens of no other one. */
class KeyIssuerTest {

  private static final String ENTRA =
      "https://login.microsoftonline.com/11111111-2222-3333-4444-55555555555a/v2.0";

  private OpenIdServer provider;

  @BeforeEach
  void start() throws Exception {
    provider = new OpenIdServer();
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private TestServer serving(String issuer, Object written) throws Exception {
    provider.at(
        "/keys",
        LocalHttp.serving(
            TestKeys.jwks(
                List.of(
                    TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "issuer", written),
                    TestKeys.jwk(TestKeys.RSA_2.getPublic(), "all")))));
    Map<String, String> settings = new LinkedHashMap<>(TestServer.settings());
    settings.remove("drawbridge.jwt.secret");
    settings.put("drawbridge.jwt.issuer", issuer);
    settings.put("drawbridge.jwt.jwks.url", provider.url("/keys"));
    return new TestServer(settings).start();
  }

  private static String token(String issuer, String keyId) {
    return TestTokens.token("alice")
        .claim("iss", issuer)
        .key("RS256", (keyId.equals("one") ? TestKeys.RSA : TestKeys.RSA_2).getPrivate())
        .header("kid", keyId)
        .sign();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // The tenant's own, of either version of its tokens, and one for all tenants.
        ENTRA + " | " + ENTRA + " | true",
        ENTRA
            + " | https://login.microsoftonline.com/11111111-2222-3333-4444-55555555555A/v2.0 | true",
        ENTRA + " | https://sts.windows.net/11111111-2222-3333-4444-55555555555a/ | true",
        ENTRA + " | https://login.microsoftonline.com/{tenantid}/v2.0 | true",
        "https://sts.windows.net/11111111-2222-3333-4444-55555555555a/ | " + ENTRA + " | true",
        "https://sts.windows.net/11111111-2222-3333-4444-55555555555a/"
            + " | https://login.microsoftonline.com/{tenantid}/v2.0 | true",
        // Another tenant's.
        ENTRA
            + " | https://login.microsoftonline.com/11111111-2222-3333-4444-55555555555b/v2.0 | false",
        ENTRA
            + " | https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0 | false",
        ENTRA + " | https://sts.windows.net/11111111-2222-3333-4444-55555555555b/ | false",
        ENTRA + " | https://x.example/a11111111-2222-3333-4444-55555555555a/v2.0 | false",
        ENTRA + " | https://login.microsoftonline.com/common/v2.0 | false",
        ENTRA + " | '' | false",
        // Other providers: the very text.
        "https://a.example/realm | https://a.example/realm | true",
        "https://a.example/realm | https://a.example/realm/ | false",
        "https://a.example/realm | https://A.example/realm | false",
        "https://a.example/realm | https://b.example/realm | false",
        "https://a.example/realm | realm | false",
        "https://a.example/realm | https://login.microsoftonline.com/{tenantid}/v2.0 | false",
        "https://a.example/realm | " + ENTRA + " | false"
      })
  void keyThatNamesItsIssuerVerifiesNoOthersToken(String issuer, String written, boolean good)
      throws Exception {
    try (TestServer server = serving(issuer, written)) {
      TestServer.Answer answer = server.bearer(token(issuer, "one"));

      if (good) {
        assertThat(answer.status()).isEqualTo(101);
      } else {
        assertThat(answer.code()).isEqualTo("token_key_unknown");
        assertThat(answer.body()).contains("names another issuer");
      }
      assertThat(server.bearer(token(issuer, "all")).status()).isEqualTo(101);
    }
  }

  @Test
  void tokenWithoutKidIsVerifiedByTheKeyOfItsIssuerAlone() throws Exception {
    try (TestServer server = serving(ENTRA, "https://other.example")) {
      TestTokens token = TestTokens.token("alice").claim("iss", ENTRA);

      assertThat(server.bearer(token.key("RS256", TestKeys.RSA_2.getPrivate()).sign()).status())
          .isEqualTo(101);
      assertThat(server.bearer(token.key("RS256", TestKeys.RSA.getPrivate()).sign()).code())
          .isEqualTo("token_signature_invalid");
    }
  }

  @Test
  void keyWhoseIssuerIsNoTextIsNobodys() throws Exception {
    List<Object> strange = new ArrayList<>(List.of(1, true, List.of(ENTRA), Map.of("a", "b")));
    for (Object written : strange) {
      Map<String, Object> key = TestKeys.jwk(TestKeys.RSA.getPublic(), "one", "issuer", written);
      Map<String, Object> other = TestKeys.jwk(TestKeys.RSA_2.getPublic(), "all");

      assertThat(
              KeyReader.jwks(TestKeys.jwks(List.of(key, other)).getBytes(StandardCharsets.UTF_8))
                  .entries())
          .as("%s", written)
          .extracting(each -> each.keyId())
          .containsExactly("all");
    }
  }
}
