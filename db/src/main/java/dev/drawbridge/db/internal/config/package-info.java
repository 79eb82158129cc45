/**
 * Rules for values of settings: ranges, durations as text, time-outs in whole seconds.
 *
 * <p>Called by the builders of both doors and by {@code pool}, on any thread; all of it is
 * stateless. The lowest room: it uses no other, and of the door only its exceptions.
 */
@NullMarked
package dev.drawbridge.db.internal.config;

import org.jspecify.annotations.NullMarked;
