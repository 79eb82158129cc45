package dev.drawbridge.filters.jwt.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What dev mode says to tokens that are nearly right. */
class TokenAdviceTest {
  private static TestServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(TestServer.settings()).start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "exp, 1000, token_lifetime_too_long, milliseconds",
    "exp, 1000000, token_lifetime_too_long, microseconds",
    "exp, 1000000000, token_lifetime_too_long, nanoseconds",
    "iat, 1000, token_not_yet_valid, milliseconds",
    "nbf, 1000, token_not_yet_valid, milliseconds",
    "iat, 1000000, token_not_yet_valid, microseconds",
  })
  void timeInAnotherUnitIsNamed(String claim, long perSecond, String code, String unit) {
    long now = Instant.now().getEpochSecond() + (claim.equals("exp") ? 600 : 0);

    TestServer.Answer answer =
        server.bearer(TestTokens.token("alice").claim(claim, now * perSecond).sign());

    assertThat(answer.code()).isEqualTo(code);
    assertThat(answer.body()).contains(claim + " is in " + unit);
  }

  @Test
  void fractionOfAMillisecondTimeIsNamedToo() {
    TestServer.Answer answer =
        server.bearer(
            TestTokens.token("alice").claim("exp", System.currentTimeMillis() + 0.5).sign());

    assertThat(answer.body()).contains("exp is in milliseconds");
  }

  @Test
  void longLifeInSecondsIsNoOtherUnit() {
    long year = Instant.now().getEpochSecond() + 31_536_000;

    TestServer.Answer answer = server.bearer(TestTokens.token("alice").claim("exp", year).sign());

    assertThat(answer.code()).isEqualTo("token_lifetime_too_long");
    assertThat(answer.body()).contains("s ahead").doesNotContain("milliseconds");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..YQ.YQ.YQ",
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.YQ.YQ.YQ.YQ"
      })
  void encryptedTokenIsSaidToBeEncrypted(String token) {
    TestServer.Answer answer = server.bearer(token);

    assertThat(answer.code()).isEqualTo("token_malformed");
    assertThat(answer.body()).contains("encrypted (JWE)");
  }

  @ParameterizedTest
  @CsvSource({
    "application/okta-internal-at+jwt, keeps for itself",
    "okta-internal-at+jwt, keeps for itself",
    "vendor.at+jwt, keeps for itself",
    "dpop+jwt, DPoP proof",
    "logout+jwt, an event of the issuer",
    "id_token, send the access token",
    "Refresh, send the access token",
    "custom+jwt, let the issuer write one of these",
  })
  void otherTypeIsNamedAndNotAdvisedToBeWhatItIs(String type, String advice) {
    TestServer.Answer answer = server.bearer(TestTokens.token("alice").header("typ", type).sign());

    assertThat(answer.code()).isEqualTo("token_type_invalid");
    assertThat(answer.body()).contains(type).contains(advice);
    assertThat(RefusalCode.TOKEN_TYPE_INVALID.fix()).doesNotContain("send the access token");
  }

  @ParameterizedTest
  @CsvSource({"jti, 7", "iat, 'x'"})
  void claimOfAWrongFormIsToldTruly(String claim, String value) {
    Object wrong = claim.equals("jti") ? Integer.valueOf(value) : value;
    TestServer.Answer answer = server.bearer(TestTokens.token("alice").claim(claim, wrong).sign());

    assertThat(answer.code()).isEqualTo("token_claim_invalid");
    assertThat(answer.body()).contains("A claim of the token has a wrong form").contains(claim);
    assertThat(RefusalCode.TOKEN_CLAIM_INVALID.fix()).contains("jti", "iat", "seconds");
  }
}
