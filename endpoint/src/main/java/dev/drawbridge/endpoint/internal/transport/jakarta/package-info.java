/**
 * The transport of containers that have the Jakarta WebSocket API alone: Tomcat and Undertow.
 * {@link dev.drawbridge.endpoint.internal.transport.jakarta.JakartaUpgrade} upgrades from the end
 * of the filter chain, {@code JakartaSocket} is one WebSocket. What that API lacks, to stop reading
 * and to cut, is called by method handles on the container's own session; no class of a container
 * is compiled against. {@code TomcatFrames} writes texts on Tomcat's socket itself.
 *
 * <p>Called by the container: frames on one of its threads at a time, which holds the container's
 * lock of the socket; ends of writes on another one, or inside of the call. Closes are made on
 * {@code drawbridge-closer} and cuts on {@code drawbridge-cutter}, because the container may block
 * in them; what it gave too early is taken on {@code drawbridge-early}, and where one of its
 * threads is leaving its loop it is told there to read on, behind that thread.
 *
 * <p>Locks: JakartaSocket and its Inbox have one each, and call nobody while they hold it.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.transport.jakarta;

import org.jspecify.annotations.NullMarked;
