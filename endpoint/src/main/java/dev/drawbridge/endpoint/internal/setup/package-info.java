/**
 * Looks at the web application for what will break handshakes or connections, once at the start and
 * then at the first requests, and says what to write where.
 *
 * <p>Called by the servlet: at its start on the thread that starts the application, later on
 * threads of the container. Knows nothing of connections.
 *
 * <p>SetUpWatch remembers what was told in concurrent collections; no locks.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.setup;

import org.jspecify.annotations.NullMarked;
