/**
 * The transport of Jetty by its own classes, where the container shows them: without the copies
 * that its API makes, without a change of threads for each frame where no handler blocks, and with
 * all answers of one turn of reading in one write. The only package that may use classes of Jetty
 * that are not API; whatever is missing of them at run time leads back to the way of the API.
 *
 * <p>Called by Jetty: by its selectors, if no frame's handling may block, else by threads of its
 * pool.
 *
 * <p>Locks: ReadingTurn has one and takes no other; it is never held while Jetty is called.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import org.jspecify.annotations.NullMarked;
