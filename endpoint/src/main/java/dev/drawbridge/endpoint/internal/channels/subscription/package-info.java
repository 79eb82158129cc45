/**
 * Who is subscribed to what, and the frames that come of it.
 *
 * <p>{@code Subscriptions} is owned by the tail thread of the log, but for its counts. A {@code
 * Subscriber} is one connection as channels see it; {@code Frame} and {@code ChannelFrames} are
 * what it is sent. A {@code Registration} is a frame that asks for channels on its way from the
 * pool to the tail.
 *
 * <p>Locks: none.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.channels.subscription;

import org.jspecify.annotations.NullMarked;
