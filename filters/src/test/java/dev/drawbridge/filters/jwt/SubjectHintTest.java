package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.filters.testing.OpenIdServer;
import dev.drawbridge.filters.testing.TestKeys;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who has no user is told by which claim it was looked for. */
class SubjectHintTest {

  private static String hint(TestServer.Answer answer) throws Exception {
    assertThat(answer.code()).isEqualTo("user_not_found");
    return new ObjectMapper().readTree(answer.body()).path("hint").asText();
  }

  @ParameterizedTest
  @CsvSource({"'', sub", "sub, sub", "oid, oid", "/user/id, /user/id"})
  void hintNamesTheClaimThatIsUsed(String claim, String named) throws Exception {
    Map<String, String> settings = new LinkedHashMap<>(TestServer.settings());
    if (!claim.isEmpty()) {
      settings.put("drawbridge.jwt.subject.claim", claim);
    }
    try (TestServer server = new TestServer(settings).start()) {
      String token =
          TestTokens.token("nobody")
              .claim("oid", "nobody")
              .claim("user", Map.of("id", "nobody"))
              .sign();

      assertThat(hint(server.bearer(token)))
          .isEqualTo("no user has the token's " + named + "; was the user created?");
    }
  }

  @Test
  void hintOfAFurtherIssuerNamesThePrefix() throws Exception {
    try (OpenIdServer provider = new OpenIdServer()) {
      String first = provider.provider("/first", TestKeys.RSA, "one");
      String second = provider.provider("/second", TestKeys.RSA_2, "one");
      Map<String, String> settings = new LinkedHashMap<>(TestServer.settings());
      settings.remove("drawbridge.jwt.secret");
      settings.put("drawbridge.jwt.issuer", first + "," + second);
      try (TestServer server = new TestServer(settings).start()) {
        String token =
            TestTokens.token("alice")
                .claim("iss", second)
                .key("RS256", TestKeys.RSA_2.getPrivate())
                .header("kid", "one")
                .sign();

        assertThat(hint(server.bearer(token)))
            .isEqualTo(
                "no user has the token's sub behind the prefix "
                    + second
                    + "|; was the user created?");
      }
    }
  }
}
