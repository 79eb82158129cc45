/**
 * What carries channels from server to server: the interface between the endpoint and an engine.
 * Applications meet positions and members here, and {@link
 * dev.drawbridge.endpoint.cluster.MemoryCluster} in tests; who writes an engine extends {@code
 * ClusterEngineContract}.
 *
 * <p>An engine keeps one ordered log for a deployment and a roster of who is where. Every node
 * tails the log and delivers to its own connections.
 */
@NullMarked
package dev.drawbridge.endpoint.cluster;

import org.jspecify.annotations.NullMarked;
