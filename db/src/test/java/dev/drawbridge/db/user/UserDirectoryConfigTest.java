package dev.drawbridge.db.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.db.DbConfigException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule of the configuration is checked, and every setting is read. */
class UserDirectoryConfigTest {
  private static Arguments wrong(String name, Consumer<UserDirectoryConfig.Builder> set) {
    return Arguments.of(name, set);
  }

  static Stream<Arguments> wrongValues() {
    Duration negative = Duration.ofNanos(-1);
    Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
    return Stream.of(
        wrong("ttl", builder -> builder.ttl(Duration.ZERO)),
        wrong("ttl", builder -> builder.ttl(endless)),
        wrong("negativeTtl", builder -> builder.negativeTtl(negative)),
        wrong("retryAfter", builder -> builder.retryAfter(Duration.ZERO)),
        wrong("lookupTimeout", builder -> builder.lookupTimeout(Duration.ZERO)),
        wrong("maxStale", builder -> builder.maxStale(negative)),
        wrong("refreshAfter", builder -> builder.refreshAfter(Duration.ZERO)),
        wrong("refreshAfter", builder -> builder.refreshAfter(Duration.ofSeconds(61))),
        wrong("maxEntries", builder -> builder.maxEntries(0)),
        wrong("maxNegativeEntries", builder -> builder.maxNegativeEntries(0)),
        wrong("loaderThreads", builder -> builder.loaderThreads(0)),
        wrong("loaderThreads", builder -> builder.loaderThreads(1_001)),
        wrong("maxQueuedLoads", builder -> builder.maxQueuedLoads(0)));
  }

  @ParameterizedTest
  @MethodSource("wrongValues")
  void aValueThatBreaksARuleIsNamed(String name, Consumer<UserDirectoryConfig.Builder> set) {
    UserDirectoryConfig.Builder builder = UserDirectoryConfig.builder();
    set.accept(builder);

    assertThatThrownBy(builder::build)
        .isInstanceOf(DbConfigException.class)
        .hasMessageStartingWith(name);
  }

  @Test
  void theEndsOfTheRangesAreAllowed() {
    UserDirectoryConfig config =
        UserDirectoryConfig.builder()
            .negativeTtl(Duration.ZERO)
            .maxStale(Duration.ZERO)
            .refreshAfter(Duration.ofSeconds(60))
            .maxEntries(1)
            .maxNegativeEntries(1)
            .loaderThreads(1_000)
            .maxQueuedLoads(1)
            .build();

    assertThat(config.refreshAfter()).isEqualTo(config.ttl());
    assertThat(config.maxStale()).isZero();
  }

  @Test
  void everySettingIsReadByItsName() {
    UserDirectoryConfig config =
        UserDirectoryConfig.from(
            Map.of(
                    "userCacheTtl", "90s",
                    "userCacheRefresh", "20s",
                    "userCacheNegativeTtl", "7s",
                    "userCacheMaxStale", "10m",
                    "userLookupTimeout", "750ms",
                    "userCacheSize", " 7 ")
                ::get);

    assertThat(config.ttl()).isEqualTo(Duration.ofSeconds(90));
    assertThat(config.refreshAfter()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.negativeTtl()).isEqualTo(Duration.ofSeconds(7));
    assertThat(config.maxStale()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.lookupTimeout()).isEqualTo(Duration.ofMillis(750));
    assertThat(config.maxEntries()).isEqualTo(7);
    assertThatThrownBy(() -> UserDirectoryConfig.from(Map.of("userCacheSize", "many")::get))
        .hasMessage("userCacheSize must be a whole number: many");
  }
}
