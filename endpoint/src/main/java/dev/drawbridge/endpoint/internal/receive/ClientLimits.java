package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.internal.EndpointConfig;
import org.jspecify.annotations.Nullable;

/** What one client may still send. Reading thread only, but where it says else. */
final class ClientLimits {
  /** So many channels of a frame cost as much as one message: {@value}. */
  static final int CHANNELS_PER_MESSAGE = 10;

  private final EndpointConfig config;

  /** Of the application's messages; null until the first. */
  private @Nullable RateLimit rate;

  /** Of the protocol's own messages; null until the first. */
  private @Nullable RateLimit beats;

  /** Null until the first invalid message. Guarded by this. */
  private @Nullable InvalidMessages invalid;

  ClientLimits(EndpointConfig config) {
    this.config = config;
  }

  /**
   * What a message counts against: the application's own against their limit, those of the protocol
   * against one of theirs; the first {@code auth} in its time against none.
   */
  @Nullable RateLimit limit(String type, boolean mayRenew, long now) {
    switch (type) {
      case "ping", "pong" -> {
        return beats(now);
      }
      case "auth" -> {
        return mayRenew ? null : beats(now);
      }
      default -> {
        if (rate == null) {
          rate = new RateLimit(config.messagesPerSecond(), config.messageBurst(), now);
        }
        return rate;
      }
    }
  }

  /**
   * What a frame of many channels costs beside the one message that it is and that was taken; with
   * it never more than may come at once, which would never pass.
   *
   * @return 0 when it may pass, else the nanoseconds until it may
   */
  static long takeRest(RateLimit limit, int channels, long now) {
    int rest = Math.min((channels - 1) / CHANNELS_PER_MESSAGE, limit.burst() - 1);
    long wait = rest > 0 ? limit.take(now, rest) : 0;
    // Sent again it costs the one message, too.
    return wait > 0 ? wait + limit.nanosPerMessage() : 0;
  }

  private RateLimit beats(long now) {
    if (beats == null) {
      beats = RateLimit.ofBeats(now);
    }
    return beats;
  }

  /** True for the limit of the application's messages. */
  boolean isOfApplication(RateLimit limit) {
    return limit == rate;
  }

  /** Counts an invalid message; true when they are too many. Called by handlers' threads, too. */
  synchronized boolean tooManyInvalid(long now) {
    if (invalid == null) {
      invalid = new InvalidMessages();
    }
    return invalid.isTooMany(now);
  }
}
