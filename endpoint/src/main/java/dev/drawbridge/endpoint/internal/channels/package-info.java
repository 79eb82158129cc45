/**
 * Channels, their replay and who is there: the door between the connections and the rooms below.
 *
 * <p>The {@code ChannelHub} is called by the receiving side, by applications and by the timer, on
 * any thread. It asks the rules of the application, which may block, on the pool of handlers, and
 * hands what is known then to the tail of the log. It owns the three threads of the rooms below:
 * tail, writer, roster.
 *
 * <p>Locks: none is held while another class of these rooms, an engine or an application is called.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.channels;

import org.jspecify.annotations.NullMarked;
