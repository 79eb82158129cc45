/**
 * The way in: from parts of frames to the handler and its answer. {@link
 * dev.drawbridge.endpoint.internal.receive.MessageAssembler} makes messages of parts, {@link
 * dev.drawbridge.endpoint.internal.receive.MessageDispatcher} reads them, {@link
 * dev.drawbridge.endpoint.internal.receive.HandlerQueue} has handlers called one at a time and in
 * order, {@link dev.drawbridge.endpoint.internal.receive.HandlerAnswers} answers.
 *
 * <p>Parts and messages come on the reading thread of the connection, which must not block: it may
 * be the one that reads for all. Handlers run on {@code drawbridge-handler-n}, or on the reading
 * thread if they ask for it. The timer asks for late ones.
 *
 * <p>Locks, in this order: HandlerQueue, then Heartbeat of {@code connection} (to pause).
 * HandlerTask and HandlerThreads have one each; application code is called with none.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.receive;

import org.jspecify.annotations.NullMarked;
