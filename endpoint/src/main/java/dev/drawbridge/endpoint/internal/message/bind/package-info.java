/**
 * How one JSON value becomes one Java value and back: exactly, or not at all. The table is in the
 * endpoint's README. Used by the message package when it builds its mapper; everything here is
 * immutable and thread-safe, and called by the threads that read and that send.
 */
@NullMarked
package dev.drawbridge.endpoint.internal.message.bind;

import org.jspecify.annotations.NullMarked;
