/**
 * The way out: a message is encoded once, waits in the bounded queue of its connection, is given to
 * the transport one at a time, and its receipt is told what became of it. Here are also the stages
 * that applications hold, and the threads on which these complete.
 *
 * <p>Called on any thread. The transport tells of the end of a write on whatever thread wrote, also
 * inside of the call. Stages complete on {@code drawbridge-stage-n}, never on the thread that
 * wrote: what is attached to them may block.
 *
 * <p>Locks: SendQueue has one, and calls neither the transport nor a receipt while it holds it.
 * HeldStage, FrameLog and WriteSafeThread have one each and take no other.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.send;

import org.jspecify.annotations.NullMarked;
