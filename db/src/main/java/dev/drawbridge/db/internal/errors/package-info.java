/**
 * From a driver's exception to ours: which kind it is, whether the connection can still be used,
 * which constraint refused, and which part of the driver's text holds no data and may be shown.
 *
 * <p>Called by the session, the pool and the values, on the thread that met the failure. Immutable
 * or stateless; no locks.
 */
@NullMarked
package dev.drawbridge.db.internal.errors;

import org.jspecify.annotations.NullMarked;
