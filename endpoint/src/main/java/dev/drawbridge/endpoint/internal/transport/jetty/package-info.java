/**
 * The transport of Jetty 12 by its API for applications, EE 10 and EE 11 in one: {@link
 * dev.drawbridge.endpoint.internal.transport.jetty.JettySocket} is one WebSocket, {@link
 * dev.drawbridge.endpoint.internal.transport.jetty.JettyUpgrade} finds the Jetty that is there.
 *
 * <p>Called by Jetty: the reading thread is one of its pool, or a selector where the direct way
 * leads to the same socket. Writes end on a thread of Jetty, or inside of the call. No locks of
 * ours.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.transport.jetty;

import org.jspecify.annotations.NullMarked;
