/**
 * The door: what an application may use. Everything else lies in the rooms below {@code internal}.
 *
 * <p>{@link dev.drawbridge.endpoint.DrawbridgeServlet} starts the endpoint, {@link
 * dev.drawbridge.endpoint.Drawbridge} registers it. The servlet alone knows the rooms, beside
 * {@link dev.drawbridge.endpoint.MessageMap}, which reads a registration. The others are interfaces
 * and values, which the rooms use too. All of them are thread-safe or immutable, but what collects
 * a registration ({@code Endpoint.Builder}, {@code Endpoint.MessageType}, {@code ChannelRules}) and
 * {@code HandlerInterceptor.Call}.
 *
 * <p>Handlers run on threads named {@code drawbridge-handler-n}, what is attached to stages on
 * {@code drawbridge-stage-n}; no lock of the endpoint is held then.
 */
@NullMarked
package dev.drawbridge.endpoint;

import org.jspecify.annotations.NullMarked;
