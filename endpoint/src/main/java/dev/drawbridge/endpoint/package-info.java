/**
 * The door: what an application may use. Everything else lies in the rooms below {@code internal}.
 *
 * <p>{@link dev.drawbridge.endpoint.DrawbridgeServlet} and {@link
 * dev.drawbridge.endpoint.Drawbridge} start the endpoint; they alone know the rooms, beside {@link
 * dev.drawbridge.endpoint.MessageMap}, which reads a registration. The others are interfaces and
 * values, which the rooms use too. All of them are thread-safe or immutable, but {@link
 * dev.drawbridge.endpoint.Endpoint.Builder}.
 *
 * <p>Handlers run on threads named {@code drawbridge-handler-n}, what is attached to stages on
 * {@code drawbridge-stage-n}; no lock of the endpoint is held then.
 */
@NullMarked
package dev.drawbridge.endpoint;

import org.jspecify.annotations.NullMarked;
