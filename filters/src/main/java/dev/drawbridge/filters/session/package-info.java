/**
 * For applications: {@link dev.drawbridge.filters.session.SessionTokenServlet}, a short token for
 * whom the application itself has logged in; {@link dev.drawbridge.filters.session.SessionUser},
 * for who finds the user by code. The rest is for this module.
 *
 * <p>{@code SameOrigin} is the table of requests that may have one, {@code LoggedIn} finds the
 * user, {@code GivenTokens} lies in the HTTP session and revokes when it ends.
 *
 * <p>Called by the container. Threads: its request threads, and the one that ends a session, which
 * may wait for the database of revocations. Locks, in this order: {@code binding} of the servlet,
 * then that of one {@code GivenTokens}, under which nothing is asked.
 */
@NullMarked
package dev.drawbridge.filters.session;

import org.jspecify.annotations.NullMarked;
