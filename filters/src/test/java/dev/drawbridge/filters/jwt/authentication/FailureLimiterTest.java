package dev.drawbridge.filters.jwt.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.CapturedLog;
import dev.drawbridge.filters.testing.TestServer;
import dev.drawbridge.filters.testing.TestTokens;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FailureLimiterTest {

  private final AtomicLong now = new AtomicLong(-5);

  private FailureLimiter limiter(int limit) {
    return new FailureLimiter(limit, now::get);
  }

  private void pass(long seconds) {
    now.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Test
  void overTheLimitItSaysHowLongTheWindowLasts() {
    FailureLimiter limiter = limiter(2);
    assertThat(limiter.failed("192.0.2.1").waitSeconds()).isZero();
    pass(20);
    assertThat(limiter.failed("192.0.2.1").waitSeconds()).isZero();

    assertThat(limiter.failed("192.0.2.1").waitSeconds()).isEqualTo(40);
    pass(39);
    assertThat(limiter.failed("192.0.2.1").waitSeconds()).isEqualTo(1);
    assertThat(limiter.failed("192.0.2.2").waitSeconds()).isZero();
    pass(1);
    assertThat(limiter.failed("192.0.2.1").waitSeconds()).isZero();
  }

  @Test
  void zeroIsNoLimitAndNoMemory() {
    FailureLimiter limiter = limiter(0);
    for (int i = 0; i < 1000; i++) {
      assertThat(limiter.failed("192.0.2.1").waitSeconds()).isZero();
    }
    assertThat(limiter.size()).isZero();
  }

  @Test
  void millionAddressesTakeBoundedMemory() {
    FailureLimiter limiter = limiter(5);
    for (int i = 0; i < 1_000_000; i++) {
      limiter.failed("10." + (i >> 16) + "." + ((i >> 8) & 0xFF) + "." + (i & 0xFF));
    }

    assertThat(limiter.size()).isLessThanOrEqualTo(FailureLimiter.MAX_ADDRESSES);
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.1, 192.0.2.1",
    "2001:db8:1:2:3:4:5:6, 2001:db8:1:2::/64",
    "[2001:db8:1:2:aaaa:4:5:6], 2001:db8:1:2::/64",
    "2001:db8::1, 2001:db8::/64",
    "::1, ::/64",
    "::ffff:192.0.2.1, ::ffff:192.0.2.1"
  })
  void addressesOfOneSubscriberCountTogether(String address, String network) {
    assertThat(FailureLimiter.network(address)).isEqualTo(network);
  }

  @Test
  void overTheLimitAGoodTokenStillPasses() throws Exception {
    Map<String, String> settings = TestServer.production();
    settings.put("drawbridge.auth.failures.per.minute", "3");
    try (TestServer server = new TestServer(settings).start();
        CapturedLog log = CapturedLog.ofFilter()) {
      for (int i = 0; i < 3; i++) {
        assertThat(server.bearer("bad").code()).isEqualTo("token_malformed");
      }

      TestServer.Answer limited = server.bearer("bad");

      assertThat(limited.status()).isEqualTo(429);
      assertThat(limited.code()).isEqualTo("rate_limited");
      assertThat(limited.header("Retry-After").map(Integer::parseInt).orElseThrow())
          .isBetween(1, 60);
      assertThat(log.containing("rate_limited cause=token_malformed")).hasSize(1);
      assertThat(server.bearer(TestTokens.good("alice")).status()).isEqualTo(101);
      assertThat(server.handshake().code()).isEqualTo("rate_limited");
    }
  }
}
