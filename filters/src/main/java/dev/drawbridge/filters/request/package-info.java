/**
 * For Drawbridge's own modules: what a request says of itself.
 *
 * <p>Whether it opens a WebSocket, its path and cookies, the id that names it in answers and logs,
 * whether it came from this machine, and how it has come back through the chain of filters.
 *
 * <p>Called by both filters and the endpoint. It calls no other room. Threads: the container's
 * request threads. Locks: none; what must be remembered of a request is one of its attributes.
 */
@NullMarked
package dev.drawbridge.filters.request;

import org.jspecify.annotations.NullMarked;
