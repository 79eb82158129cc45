/**
 * For applications: {@link dev.drawbridge.filters.jwt.JwtHandshakeFilter}, the authenticated
 * handshake; {@link dev.drawbridge.filters.jwt.Handshake}, what it leaves on the request; {@link
 * dev.drawbridge.filters.jwt.Revocations}, where tokens are revoked. The rest is for this module.
 *
 * <p>Credential, token and user are judged in the rooms below; here are the filter itself, its log
 * lines, the wrapped request, and the watch over handshakes that something else has answered.
 *
 * <p>Called by the container. Threads: its request threads, of which one waits at most 2 s for a
 * user. Locks: none but those of the log budgets.
 */
@NullMarked
package dev.drawbridge.filters.jwt;

import org.jspecify.annotations.NullMarked;
