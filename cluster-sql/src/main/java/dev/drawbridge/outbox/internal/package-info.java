/**
 * The table behind the outbox, and the relay that brings its rows into channels: found by the
 * endpoint as a {@code ChannelSource}.
 *
 * <p>Threads: {@code drawbridge-outbox}, one for an endpoint, reads, publishes and deletes; threads
 * of the application only ring it. Of all servers one relays at a time: it has a lease in {@code
 * drawbridge_outbox_relay} by the clock of the database. No transaction is open while it waits for
 * the engine. Locks: {@code Relay} itself, held for no call.
 */
@NullMarked
package dev.drawbridge.outbox.internal;

import org.jspecify.annotations.NullMarked;
