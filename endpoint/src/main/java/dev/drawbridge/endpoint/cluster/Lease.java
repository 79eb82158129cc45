package dev.drawbridge.endpoint.cluster;

import org.jspecify.annotations.Nullable;

/**
 * A node with a lease, as it was when another node last looked. Immutable.
 *
 * @param node its id
 * @param leftMillis how long the lease held then, by the engine's clock; it was renewed {@link
 *     Roster#LEASE_MS} minus that ago
 * @param about what it tells of itself, as it was given to {@link Roster#about}; null when it tells
 *     nothing
 */
public record Lease(String node, long leftMillis, @Nullable String about) {
  /** Most characters of {@link #about}: {@value}. */
  public static final int MAX_ABOUT = 512;

  /** Most nodes that a roster lists: {@value}. */
  public static final int MAX_LISTED = 200;
}
