/**
 * For Drawbridge's own modules: the one path by which a token becomes a user.
 *
 * <p>{@code HandshakeAuthenticator} stands for all of it: {@code Credentials} finds the token in a
 * request, {@code jwt.token} verifies it, {@code jwt.revocation} and the user directory are asked.
 * {@code DevTokens} mints tokens in dev mode, {@code FailureLimiter} counts failed handshakes.
 *
 * <p>Made by the runtime; called by the handshake filter, and by the endpoint for a new token on an
 * open connection. Threads: the container's request threads and the endpoint's; a look-up blocks
 * for at most 2 s. Locks: none.
 */
@NullMarked
package dev.drawbridge.filters.jwt.authentication;

import org.jspecify.annotations.NullMarked;
