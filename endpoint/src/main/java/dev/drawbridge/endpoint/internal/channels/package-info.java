/**
 * Channels, their replay and who is there: everything between an engine and the connections.
 *
 * <p>The {@code ChannelHub} is called by the receiving side, by applications and by the timer, on
 * any thread. The {@code Tail} is one thread that owns the window, the index of subscriptions and
 * their changes, and that alone stamps positions; {@code ChannelLog} and what it holds run there.
 * The {@code Appender} is one thread that alone appends. {@code Presence} is one thread that alone
 * changes the roster. What may block (an authoriser, the roster) runs on the pool of handlers.
 *
 * <p>Locks: none is held while another class of this package, an engine or an application is
 * called.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.channels;

import org.jspecify.annotations.NullMarked;
