/**
 * For Drawbridge's own modules: what is known of the last handshakes, for diagnosis.
 *
 * <p>{@code Attempts} remembers them, {@code Attempt} is one with the stage it came to and the code
 * it ended with, {@code AttemptFacts} and {@code TokenFacts} are what dev mode shows of it.
 *
 * <p>Called by both filters as a request comes through them, and by the endpoint, which ends the
 * attempt and answers questions about it. Threads: the container's request threads, several for one
 * attempt at a time. Locks: none of ours; fields are volatile and memory is bounded by a cache.
 */
@NullMarked
package dev.drawbridge.filters.attempt;

import org.jspecify.annotations.NullMarked;
