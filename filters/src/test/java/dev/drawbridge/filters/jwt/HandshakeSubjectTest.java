package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import dev.drawbridge.testing.CapturedLog;
import org.junit.jupiter.api.Test;

/** Whose token it is stands in the log only when somebody who may has signed it. */
class HandshakeSubjectTest {
  @Test
  void subjectAndFingerprintAreWrittenOfGoodSignaturesOnly() throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start();
        CapturedLog log = CapturedLog.of(JwtHandshakeFilter.class)) {
      String good = TestTokens.token("mallory").sign();
      String foreign = good.substring(0, good.lastIndexOf('.') + 1) + "A".repeat(43);
      String unknown = TestTokens.token("nobody").sign();

      assertThat(server.bearer(foreign).code()).isEqualTo("token_signature_invalid");
      assertThat(server.bearer(unknown).code()).isEqualTo("user_not_found");

      assertThat(log.containing("token_signature_invalid"))
          .singleElement()
          .satisfies(
              line -> assertThat(line.text()).doesNotContain("mallory", "sub=", "fingerprint="));
      assertThat(log.containing("user_not_found"))
          .singleElement()
          .satisfies(line -> assertThat(line.text()).contains(" fingerprint=", " sub=nobody "));
    }
  }
}
