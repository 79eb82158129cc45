package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.testing.CapturedLog;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A source that fails at every login is one line a minute. */
class LoadReportTest {
  @Test
  void failureIsSaidOnceAMinute() {
    AtomicLong nanos = new AtomicLong();
    UserSource broken =
        subject -> {
          throw new IllegalStateException("no such table");
        };
    try (CapturedLog log = CapturedLog.beside("dev.drawbridge.db");
        UserDirectory users =
            ClockedDirectory.of(broken, UserDirectoryConfig.defaults(), nanos::get, () -> 0.5)) {
      refused(users, "a", "b", "c");
      assertThat(log.messages()).filteredOn(LoadReportTest::isTheLine).hasSize(1);

      nanos.set(Duration.ofSeconds(60).toNanos() - 1);
      refused(users, "d", "e");
      assertThat(log.messages()).filteredOn(LoadReportTest::isTheLine).hasSize(1);

      nanos.incrementAndGet();
      refused(users, "f", "g");
      assertThat(log.messages()).filteredOn(LoadReportTest::isTheLine).hasSize(2);
    }
  }

  private static boolean isTheLine(String message) {
    return message.startsWith("users cannot be loaded");
  }

  private static void refused(UserDirectory users, String... subjects) {
    for (String subject : subjects) {
      assertThatThrownBy(() -> users.find(subject)).isInstanceOf(RuntimeException.class);
    }
  }
}
