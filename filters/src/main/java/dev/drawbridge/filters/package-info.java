/**
 * Drawbridge's two servlet filters, and {@link dev.drawbridge.filters.DrawbridgeFilters}, which
 * registers them from code.
 *
 * <p>For applications. So are {@code cors} (the origin filter), {@code jwt} (the handshake filter
 * and what it leaves behind) and {@code runtime} (what they share). The other rooms are for
 * Drawbridge's own modules, or for this one alone; their first line says which.
 *
 * <p>Arrows between rooms point one way: this package, {@code cors} and {@code jwt}, {@code
 * runtime}, {@code jwt.authentication}, the rooms of keys, tokens, revocation and origins, {@code
 * attempt}, {@code refusal}, and below them {@code settings}, {@code request} and {@code log}. A
 * test holds them.
 */
@NullMarked
package dev.drawbridge.filters;

import org.jspecify.annotations.NullMarked;
