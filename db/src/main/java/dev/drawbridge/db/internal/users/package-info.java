/**
 * How the user directory loads and keeps: flights that many waiters share, batches for a cold
 * start, a breaker for a source that is away, the cache with its two times of life, the source that
 * asks a table.
 *
 * <p>Called by {@code UserDirectory} on any thread; loading runs on its own threads. No locks
 * beyond those of the cache's maps: what ends a flight does so inside the map's update of its
 * subject, and must not wait there.
 */
@NullMarked
package dev.drawbridge.db.internal.users;

import org.jspecify.annotations.NullMarked;
