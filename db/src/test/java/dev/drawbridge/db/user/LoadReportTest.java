package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A source that fails at every login is one line a minute. */
class LoadReportTest {
  @Test
  void failureIsSaidOnceAMinute() {
    Logger logger = (Logger) LoggerFactory.getLogger("dev.drawbridge.db");
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    AtomicLong nanos = new AtomicLong();
    UserSource broken =
        subject -> {
          throw new IllegalStateException("no such table");
        };
    try (UserDirectory users =
        ClockedDirectory.of(broken, UserDirectoryConfig.defaults(), nanos::get, () -> 0.5)) {
      refused(users, "a", "b", "c");
      assertThat(lines.list).filteredOn(LoadReportTest::isTheLine).hasSize(1);

      nanos.set(Duration.ofSeconds(60).toNanos() - 1);
      refused(users, "d", "e");
      assertThat(lines.list).filteredOn(LoadReportTest::isTheLine).hasSize(1);

      nanos.incrementAndGet();
      refused(users, "f", "g");
      assertThat(lines.list).filteredOn(LoadReportTest::isTheLine).hasSize(2);
    } finally {
      logger.detachAppender(lines);
    }
  }

  private static boolean isTheLine(ILoggingEvent event) {
    return event.getMessage().startsWith("users cannot be loaded");
  }

  private static void refused(UserDirectory users, String... subjects) {
    for (String subject : subjects) {
      assertThatThrownBy(() -> users.find(subject)).isInstanceOf(RuntimeException.class);
    }
  }
}
