package dev.drawbridge.filters.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file with the management token is read again, and what was read stays when it cannot be. */
class ManagementTokenFileTest {
  private static final String FIRST = "kT9vXw2Lq7ZrB4nYc8MfHs1DgPe6JuAa";
  private static final String SECOND = "Qd3mVz8Rn5WkYt2HxFb7GcLs9PeJ4uAy";

  @TempDir Path folder;

  private final AtomicLong nanos = new AtomicLong();
  private Path file;
  private ManagementToken token;

  @BeforeEach
  void write() throws Exception {
    file = Files.writeString(folder.resolve("token"), FIRST + "\n");
    token =
        ManagementToken.of(
            Settings.of(Map.of("drawbridge.management.token.file", file.toString())), nanos::get);
  }

  private boolean opens(String secret) {
    HttpServletRequest request =
        (HttpServletRequest)
            Proxy.newProxyInstance(
                ManagementTokenFileTest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (self, method, arguments) ->
                    method.getName().equals("getHeaders")
                        ? Collections.enumeration(List.of("Bearer " + secret))
                        : null);
    return token.isSentBy(request);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void changedFileIsInForceAfterTenSeconds() throws Exception {
    assertThat(opens(FIRST)).isTrue();
    Files.writeString(file, SECOND);

    pass(Duration.ofSeconds(10).minusNanos(1));
    assertThat(opens(FIRST)).isTrue();
    assertThat(opens(SECOND)).isFalse();

    pass(Duration.ofNanos(1));
    assertThat(opens(SECOND)).isTrue();
    assertThat(opens(FIRST)).isFalse();
  }

  @Test
  void tokenReadBeforeStaysInForceWhenTheFileIsGoneOrBad() throws Exception {
    Files.delete(file);
    pass(Duration.ofMinutes(1));
    assertThat(opens(FIRST)).isTrue();

    Files.writeString(file, "changeme");
    pass(Duration.ofMinutes(1));
    assertThat(opens("changeme")).isFalse();
    assertThat(opens(FIRST)).isTrue();

    Files.writeString(file, SECOND);
    pass(Duration.ofMinutes(1));
    assertThat(opens(SECOND)).isTrue();
  }
}
