/**
 * Counts and times what the endpoint does, by Micrometer where the application has it, else not at
 * all: {@link dev.drawbridge.endpoint.internal.metrics.EndpointMetrics} is what the other rooms
 * call.
 *
 * <p>Called on every thread, for each frame, so counting must be as good as free: who counts often
 * holds on to its {@link dev.drawbridge.endpoint.internal.metrics.Count}. Gauges are read by
 * whoever scrapes.
 *
 * <p>Locks: SharedMetrics has one for the start and the stop of endpoints. EndpointGauges reads the
 * lengths of queues with its own held, so it comes before SendQueue and HandlerQueue.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.metrics;

import org.jspecify.annotations.NullMarked;
