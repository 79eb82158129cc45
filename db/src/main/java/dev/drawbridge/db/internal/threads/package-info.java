/**
 * How the threads of pools and timers are made. Called by the doors and by {@code users} when they
 * are created. Immutable, no locks.
 */
@NullMarked
package dev.drawbridge.db.internal.threads;

import org.jspecify.annotations.NullMarked;
