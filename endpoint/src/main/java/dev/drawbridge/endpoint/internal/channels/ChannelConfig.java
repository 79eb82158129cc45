package dev.drawbridge.endpoint.internal.channels;

import java.time.Duration;

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

  /** What the settings say when nobody says otherwise. */
  public static ChannelConfig defaults() {
    return new ChannelConfig(
        100,
        Duration.ofMinutes(5),
        20_000,
        32L * 1024 * 1024,
        256,
        512 * 1024,
        200,
        Duration.ofSeconds(10),
        1_000);
  }
}
