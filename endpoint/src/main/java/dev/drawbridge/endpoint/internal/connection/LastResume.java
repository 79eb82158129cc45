package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.subscription.Resync;
import org.jspecify.annotations.Nullable;

/**
 * What became of the last wish of a connection to go on from a position. Immutable.
 *
 * @param at epoch milliseconds
 * @param from the lowest position that it asked for
 * @param position where it was told to be
 * @param why it has to load anew; null when nothing is missing
 * @param replayed frames that it had missed
 */
public record LastResume(
    long at, Position from, Position position, @Nullable Resync why, int replayed) {}
