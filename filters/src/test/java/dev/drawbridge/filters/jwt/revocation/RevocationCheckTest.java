package dev.drawbridge.filters.jwt.revocation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.jwt.Revocations;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Revocations that an application keeps somewhere slow. */
class RevocationCheckTest {

  /** Answers when it is told to. */
  private static final class SlowRevocations implements Revocations {
    final CountDownLatch gate = new CountDownLatch(1);

    @Override
    public boolean isRevoked(String subject, @Nullable String tokenId, @Nullable Instant iat) {
      try {
        gate.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return "revoked".equals(tokenId);
    }

    @Override
    public void revoke(String tokenId, Instant expiresAt) {}

    @Override
    public void revokeBefore(String subject, Instant moment) {}
  }

  @Test
  void handshakeWaitsNoLongerThanForItsUser() throws Exception {
    SlowRevocations slow = new SlowRevocations();
    Map<String, String> settings = TestServer.settings();
    settings.put("drawbridge.user.lookup.timeout", "300ms");
    try (TestServer server = new TestServer(settings, Map.of(Revocations.class, slow)).start()) {
      long start = System.nanoTime();
      TestServer.Answer late = server.bearer(TestTokens.good("alice"));
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      slow.gate.countDown();

      assertThat(late.code()).isEqualTo("auth_unavailable");
      assertThat(took).isLessThan(Duration.ofSeconds(3));
      assertThat(server.bearer(TestTokens.good("alice")).status()).isEqualTo(101);
      assertThat(server.bearer(TestTokens.token("alice").claim("jti", "revoked").sign()).code())
          .isEqualTo("token_revoked");
      assertThat(server.bearer(TestTokens.token("nobody").claim("jti", "revoked").sign()).code())
          .isEqualTo("token_revoked");
    }
  }

  @Test
  void questionsThatHangAreBounded() throws Exception {
    SlowRevocations slow = new SlowRevocations();
    try (RevocationCheck check = new RevocationCheck(slow, Duration.ofMillis(1))) {
      for (int i = 0; i < RevocationCheck.MAX_ASKING; i++) {
        assertThat(check.ask(new Revocations.Token("alice", "t" + i, null)).isKnown()).isFalse();
      }

      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> check.ask(new Revocations.Token("alice", "one more", null)))
          .hasMessage("auth_unavailable");
      slow.gate.countDown();
    }
  }
}
