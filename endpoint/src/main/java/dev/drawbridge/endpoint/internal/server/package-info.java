/**
 * What all connections of one endpoint share, and the one place that puts the parts together:
 * {@link dev.drawbridge.endpoint.internal.server.EndpointRuntime}. The index of connections, the
 * places they are admitted to, the timer that looks at each of them, the drain, revocations, the
 * choice of the transport.
 *
 * <p>Called by the servlet on threads of the container (start, stop, admission), by applications on
 * any thread (the index), and by {@code drawbridge-timer}, which must not block: it serves all
 * connections. Revocations are asked for on {@code drawbridge-revocations}.
 *
 * <p>Locks, in this order: ConnectionIndex (drain and stop), Drain, then those of {@code
 * connection}. EndpointRuntime and Admission have one each, and take no other while they hold it,
 * but for the registration with the user directory.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.server;

import org.jspecify.annotations.NullMarked;
