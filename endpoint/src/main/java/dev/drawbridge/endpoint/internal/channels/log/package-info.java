/**
 * The numbered log as one node has it.
 *
 * <p>The {@code Tail} is one thread that owns the window, the index of subscriptions and their
 * changes, and that alone stamps positions; {@code ChannelLog} and what it holds run there. The
 * {@code Appender} is another thread, which alone appends; its queue is filled by any thread. Both
 * are begun by the hub. {@code Control} is what a control entry says.
 *
 * <p>Locks: the {@code Appender} has its own, and calls nobody while it holds it but for the
 * position of the tail.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.channels.log;

import org.jspecify.annotations.NullMarked;
