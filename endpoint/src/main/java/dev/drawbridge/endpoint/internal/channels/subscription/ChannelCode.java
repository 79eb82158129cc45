package dev.drawbridge.endpoint.internal.channels.subscription;

import java.util.Locale;

/** Why a question about channels is refused, in the words of the protocol. Immutable. */
public enum ChannelCode {
  CHANNEL_INVALID,
  CHANNEL_UNKNOWN,
  CHANNEL_FORBIDDEN,
  TOO_MANY_CHANNELS,
  PUBLISH_FORBIDDEN,
  ENGINE_UNAVAILABLE,
  PUBLISH_UNKNOWN;

  /** As it stands in frames. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
