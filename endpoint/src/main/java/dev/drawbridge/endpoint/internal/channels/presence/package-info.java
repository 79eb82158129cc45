/**
 * Who of this node is in which channel, told to the roster of the engine.
 *
 * <p>The tail says who has come and gone; one thread of its own, begun by the hub, changes the
 * roster, holds the node's lease, and may block at the engine.
 *
 * <p>Locks: {@code Presence} has its own, and calls nobody while it holds it.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.channels.presence;

import org.jspecify.annotations.NullMarked;
