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
  /** In the protocol it is {@link #ENGINE_UNAVAILABLE}. */
  PUBLISH_QUEUE_FULL,
  PUBLISH_UNKNOWN;

  /** As it stands in frames. */
  public String word() {
    return (this == PUBLISH_QUEUE_FULL ? ENGINE_UNAVAILABLE : this).name().toLowerCase(Locale.ROOT);
  }
}
