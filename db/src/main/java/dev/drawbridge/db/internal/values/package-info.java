/**
 * Values on their way in and out: the parameters of a statement, points in time whatever the zones
 * of JVM, session and column, arrays.
 *
 * <p>Called on the session's thread; {@code Parameters} and {@code Instants} belong to it. {@code
 * SessionZone} and {@code H2Driver} are shared by all sessions of a pool and take no lock: they
 * remember what is the same for whoever finds it out.
 */
@NullMarked
package dev.drawbridge.db.internal.values;

import org.jspecify.annotations.NullMarked;
