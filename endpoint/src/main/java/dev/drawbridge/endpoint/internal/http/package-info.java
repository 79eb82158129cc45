/**
 * The HTTP routes beside the WebSocket: discovery, health, diagnosis, metrics, dev tokens, drain;
 * and the log lines of handshakes that the endpoint itself refuses. PROTOCOL.md sections 1 and 2.
 *
 * <p>Called by {@link dev.drawbridge.endpoint.DrawbridgeServlet} on threads of the container, which
 * may block as long as a request may. Refusals are thrown as {@code RefusedException}; the servlet
 * answers them.
 *
 * <p>No locks but the budgets of log lines.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.http;

import org.jspecify.annotations.NullMarked;
