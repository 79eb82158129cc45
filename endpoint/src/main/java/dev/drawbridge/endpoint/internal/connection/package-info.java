/**
 * The life of one connection: opened, watched, renewed, closed, and what is told of its end. {@link
 * dev.drawbridge.endpoint.internal.connection.ServerConnection} puts the way in and the way out of
 * one WebSocket together; what it needs of the endpoint it asks by {@link
 * dev.drawbridge.endpoint.internal.connection.EndpointServices}.
 *
 * <p>Called by the reading thread (opened, frames), by the container (closed), by the timer (tick),
 * by handlers and by applications on any thread (send, close). The state is one atomic {@link
 * dev.drawbridge.endpoint.internal.connection.Phase}: whoever changes it does what belongs to the
 * change, once.
 *
 * <p>Locks, in this order: ConnectionMonitor (the notice of a drain), then SendQueue. Heartbeat and
 * ConnectionHandle have one each and take no other.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.connection;

import org.jspecify.annotations.NullMarked;
