/**
 * Reads a frame's text, checks it in one place and one order, and binds its data to the class that
 * the application has registered; what does not fit becomes a {@link
 * dev.drawbridge.endpoint.internal.message.Fault} with the path, what was expected and what came.
 *
 * <p>{@link dev.drawbridge.endpoint.internal.message.MessageCodec} is called by the reading threads
 * of all connections at once. It must not block, and nothing of the application's own is trusted to
 * return: what it throws becomes a failure of that message.
 *
 * <p>For this module, but for {@code MessageCodec} and {@code Message}, which the benchmarks call.
 * Immutable after the start; no locks.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.message;

import org.jspecify.annotations.NullMarked;
