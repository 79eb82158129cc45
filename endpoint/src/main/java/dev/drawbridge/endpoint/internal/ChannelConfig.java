package dev.drawbridge.endpoint.internal;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import java.time.Duration;
import java.util.List;

/**
 * The limits of channels. Immutable.
 *
 * @param channelsPerConnection most subscriptions of one connection
 * @param window how long entries stay in the window
 * @param windowMessages how many
 * @param windowBytes how much
 * @param replayMessages most frames of one replay
 * @param replayBytes most bytes of one replay
 * @param presenceMembers most members in a list
 * @param presenceLinger how long who has gone still counts as there
 * @param publishQueue most publishes that wait for the engine
 */
public record ChannelConfig(
    int channelsPerConnection,
    Duration window,
    int windowMessages,
    long windowBytes,
    int replayMessages,
    int replayBytes,
    int presenceMembers,
    Duration presenceLinger,
    int publishQueue) {

  /** 60 s more than the time before its end at which a client asks for a new token. */
  private static final Duration LEAST_WINDOW = Duration.ofMinutes(2);

  /** Checks what one value says of another. */
  public ChannelConfig {
    if (window.compareTo(LEAST_WINDOW) < 0) {
      throw new IllegalArgumentException(
          "the resume window must be at least the refresh lead of tokens and 60 s, 2m in all: "
              + window);
    }
  }

  /**
   * Reads the settings. A replay that nobody has set shrinks to half of the send queue.
   *
   * @throws ConfigurationException if one that was set does not fit the send queue
   */
  public static ChannelConfig from(Settings settings) {
    return new ChannelConfig(
        settings.integer(Setting.CHANNELS_PER_CONNECTION),
        settings.duration(Setting.RESUME_WINDOW),
        settings.integer(Setting.RESUME_WINDOW_MESSAGES),
        settings.integer(Setting.RESUME_WINDOW_BYTES),
        replay(settings, Setting.REPLAY_MESSAGES, Setting.SEND_QUEUE_FRAMES),
        replay(settings, Setting.REPLAY_BYTES, Setting.SEND_QUEUE_BYTES),
        settings.integer(Setting.PRESENCE_MEMBERS),
        settings.duration(Setting.PRESENCE_LINGER),
        settings.integer(Setting.PUBLISH_QUEUE));
  }

  private static int replay(Settings settings, Setting replay, Setting queue) {
    int limit = settings.integer(replay);
    int room = settings.integer(queue);
    if (settings.source(replay) == Settings.Source.DEFAULT) {
      return Math.min(limit, Math.max(1, room / 2));
    }
    if (limit >= room) {
      throw new ConfigurationException(
          List.of(
              String.format(
                  "%s (%d) must be below %s (%d)",
                  replay.variable(), limit, queue.variable(), room)));
    }
    return limit;
  }
}
