/**
 * The transport of Jetty by its own classes, where the container shows them: without the copies
 * that its API makes, without a change of threads for each frame, with all answers of one turn of
 * reading in one write, the answer to the handshake in one with the first frame, and a single frame
 * past Jetty's queue of frames. The only package that may use classes of Jetty that are not API;
 * whatever is missing of them at run time leads back to the way of the API.
 *
 * <p>Called by Jetty: by the threads of its requests, then by its selectors.
 *
 * <p>Locks: ReadingTurn has one, which it shares with the WritingEndPoint that it is, Rounds and
 * DeflateExtension have one each; none is held while Jetty is called, but for the look whether a
 * session is open.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import org.jspecify.annotations.NullMarked;
