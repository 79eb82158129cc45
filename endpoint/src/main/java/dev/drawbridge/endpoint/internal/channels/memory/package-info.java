/**
 * The engine of one server, which is also what engines are compared with.
 *
 * <p>Called as {@code ClusterEngine} says; has no thread. Several engines of one process may share
 * a {@code MemoryLog}: a simulation, or a test.
 *
 * <p>Locks: the {@code MemoryLog}; sinks are called while it is held, so that each gets the same
 * order, and must not block for long.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.channels.memory;

import org.jspecify.annotations.NullMarked;
