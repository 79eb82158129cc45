/**
 * The seam between what Drawbridge does and how frames travel. {@link
 * dev.drawbridge.endpoint.internal.transport.SocketUpgrade} makes a WebSocket of a request, {@link
 * dev.drawbridge.endpoint.internal.transport.Transport} is the open one, {@link
 * dev.drawbridge.endpoint.internal.transport.Receiver} and {@link
 * dev.drawbridge.endpoint.internal.transport.TransportOwner} are what it calls. No class of a
 * container stands here or above; tests put a transport of their own below.
 *
 * <p>Upgrades come on threads of the container, parts on one reading thread at a time, sends on any
 * thread. No locks.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.transport;

import org.jspecify.annotations.NullMarked;
