/**
 * For applications: {@link dev.drawbridge.filters.cors.DevCorsFilter}, the origin rule for plain
 * requests, preflights and WebSocket handshakes, and their CORS headers. The rest is for this
 * module, but for {@code CorsCounters}, which the endpoint's metrics read.
 *
 * <p>{@code OriginGate} decides by {@code cors.rules}, {@code CorsAnswer} writes the headers, the
 * response wrappers keep them when the application resets its response, {@code RefusalLog} keeps
 * strangers from flooding the log.
 *
 * <p>Called by the container. Threads: its request threads. Locks: {@code RefusalLog} has one of
 * its own, and takes no other.
 */
@NullMarked
package dev.drawbridge.filters.cors;

import org.jspecify.annotations.NullMarked;
