/**
 * Who of this node is in which channel, told to the roster of the engine; and which other nodes
 * there are, for people who look.
 *
 * <p>The tail says who has come and gone; one thread of its own, begun by the hub, changes the
 * roster, holds the node's lease, and may block at the engine.
 *
 * <p>Locks: {@code Presence}, {@code Places} and {@code Servers} have one each, and call nobody
 * while they hold it.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.channels.presence;

import org.jspecify.annotations.NullMarked;
