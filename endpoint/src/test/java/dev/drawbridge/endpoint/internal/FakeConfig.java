package dev.drawbridge.endpoint.internal;

import dev.drawbridge.filters.settings.DevMode;
import java.time.Duration;

/** Settings for parts of an endpoint without a server: production, with wide limits. */
public final class FakeConfig {
  /** Longest handling of one message. */
  public static final Duration HANDLER_TIMEOUT = Duration.ofSeconds(5);

  private FakeConfig() {}

  public static EndpointConfig of(
      Duration sendTimeout, int sendQueueFrames, int receiveQueueFrames) {
    return new EndpointConfig(
        DevMode.PRODUCTION,
        Duration.ofHours(1),
        Duration.ofHours(1),
        65_536,
        100_000,
        100_000,
        0,
        0,
        100_000,
        HANDLER_TIMEOUT,
        sendTimeout,
        sendQueueFrames,
        1 << 20,
        receiveQueueFrames,
        false,
        false,
        new ChannelConfig(
            100, Duration.ofMinutes(5), 1_000, 1 << 20, 2, 1 << 16, 10, Duration.ZERO, 10),
        Duration.ofSeconds(30));
  }
}
