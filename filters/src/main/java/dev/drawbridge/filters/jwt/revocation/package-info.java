/**
 * For this module: which tokens hold no more before they expire.
 *
 * <p>{@code RevokedTokens} keeps them in memory, {@code StoredRevocations} in the table {@code
 * revocation}, {@code RevocationCheck} asks whichever there is, an application's own too, with a
 * time limit.
 *
 * <p>Called by {@code jwt.authentication}, and through {@code Revocations} by applications.
 * Threads: request threads ask; {@code drawbridge-revocation}, at most 16 of them, wait for a slow
 * store. Locks: none of ours.
 */
@NullMarked
package dev.drawbridge.filters.jwt.revocation;

import org.jspecify.annotations.NullMarked;
