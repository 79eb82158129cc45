package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.OpenIdServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sentences of the page of identity providers that no section's tokens show. */
class ProviderPromisesTest {

  @Test
  void issuerBesideAnAddressOfKeysIsOnlyCompared() throws Exception {
    try (OpenIdServer provider = new OpenIdServer()) {
      provider.at("/discovery/keys", OpenIdServer.keySet(TestKeys.RSA, "one"));
      String issuer = provider.url("/adfs/services/trust");
      Map<String, String> settings = new LinkedHashMap<>(TestServer.settings());
      settings.remove("drawbridge.jwt.secret");
      settings.put("drawbridge.jwt.issuer", issuer);
      settings.put("drawbridge.jwt.jwks.url", provider.url("/discovery/keys"));
      try (TestServer server = new TestServer(settings).start()) {
        TestTokens token =
            TestTokens.token("alice")
                .claim("iss", issuer)
                .key("RS256", TestKeys.RSA.getPrivate())
                .header("kid", "one");

        assertThat(server.bearer(token.sign()).status()).isEqualTo(101);
        assertThat(server.bearer(token.claim("iss", issuer + "/").sign()).code())
            .isEqualTo("token_issuer_invalid");
        assertThat(provider.asked()).containsExactly("/discovery/keys");
      }
    }
  }

  /** A DPoP key's thumbprint, a certificate's. RFC 9449 section 6, RFC 8705 section 3. */
  @ParameterizedTest
  @ValueSource(strings = {"jkt", "x5t#S256"})
  void tokenThatIsBoundToAKeyIsABearerToken(String member) throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start()) {
      String token =
          TestTokens.token("alice")
              .claim("cnf", Map.of(member, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"))
              .sign();

      assertThat(server.bearer(token).status()).isEqualTo(101);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"X-Amzn-Oidc-Data", "Cf-Access-Jwt-Assertion", "X-Forwarded-Access-Token"})
  void headerOfAProxyIsNoPlaceForAToken(String header) throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start()) {
      assertThat(
              server
                  .handshakeAt("/ws", List.of("drawbridge.v1"), header, TestTokens.good("alice"))
                  .code())
          .isEqualTo("token_missing");
    }
  }
}
