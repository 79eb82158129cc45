package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** A token that was good a moment ago is not good for that alone. */
class RememberedTokenTest {
  @Test
  void revokedOneIsRefusedAlthoughItIsRemembered() throws Exception {
    try (TestServer server = new TestServer(TestServer.settings()).start()) {
      String token = TestTokens.token("alice").claim("jti", "one").sign();
      assertThat(server.bearer(token).status()).isEqualTo(101);
      assertThat(server.bearer(token).status()).isEqualTo(101);

      server.runtime().authenticator().revocations().revoke("one", Instant.now().plusSeconds(600));

      assertThat(server.bearer(token).code()).isEqualTo("token_revoked");
    }
  }
}
