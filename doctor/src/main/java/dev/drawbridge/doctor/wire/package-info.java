/**
 * What the doctor speaks: names and sockets, TLS, HTTP/1.1, HTTP/2, frames; by hand, so that
 * whatever comes back can be named.
 *
 * <p>Called by the steps, for the doctor alone; it knows nothing of them. Each exchange is bounded
 * in bytes here and in time by its {@code Line}.
 *
 * <p>Threads: the one of the examination, one that asks DNS, and a daemon that closes sockets whose
 * time is over. Locks: none.
 */
@NullMarked
package dev.drawbridge.doctor.wire;

import org.jspecify.annotations.NullMarked;
