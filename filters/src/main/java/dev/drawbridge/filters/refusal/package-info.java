/**
 * For Drawbridge's own modules: how a request is refused.
 *
 * <p>{@code RefusalCode} is the list of reasons, with status, advice and whether a client tries
 * again; PROTOCOL.md section 3 repeats it. {@code Refusal} is one refusal with its facts and writes
 * the answer; {@code RefusedException} carries it up from the rooms that judge.
 *
 * <p>Called by all rooms that judge requests, and by the endpoint. Threads: the container's request
 * threads. Locks: none; everything is immutable.
 */
@NullMarked
package dev.drawbridge.filters.refusal;

import org.jspecify.annotations.NullMarked;
