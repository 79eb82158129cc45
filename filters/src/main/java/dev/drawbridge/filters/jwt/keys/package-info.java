/**
 * For this module: the keys that verify signatures, and where they come from.
 *
 * <p>{@code KeySource} makes them from the settings: a secret, a file, or an address. {@code
 * KeySet} is what holds at one moment, {@code SigningKeys} what may change: {@code FileKeys} looks
 * at its file, {@code JwksUrlKeys} asks its address. Weak keys and secrets are refused here.
 *
 * <p>Called by {@code jwt.authentication} at the start and by {@code jwt.token} for each token.
 * Threads: request threads; {@code drawbridge-jwks} fetches. Locks: {@code JwksUrlKeys} has one of
 * its own, not held while it fetches. Sources: RFC 7517, RFC 7518, RFC 8725.
 */
@NullMarked
package dev.drawbridge.filters.jwt.keys;

import org.jspecify.annotations.NullMarked;
