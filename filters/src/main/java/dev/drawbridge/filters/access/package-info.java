/**
 * For Drawbridge's own modules: the two secrets that open what is not for users.
 *
 * <p>{@code DevKey} is made new at each start and opens what dev mode shows. {@code
 * ManagementToken} is the operator's and opens the drain and the metrics. Neither makes anybody a
 * user.
 *
 * <p>Made by the runtime; asked by the handshake filter and by the endpoint's routes. Threads: the
 * container's request threads. Locks: {@code ManagementToken} has its own monitor while it reads
 * its file again, and takes no other.
 */
@NullMarked
package dev.drawbridge.filters.access;

import org.jspecify.annotations.NullMarked;
