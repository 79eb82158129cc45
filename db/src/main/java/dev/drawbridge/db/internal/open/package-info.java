/**
 * Which sessions are open, since when, and where in the application they were opened: for reports
 * of leaks and for whoever finds the pool exhausted.
 *
 * <p>Called on the thread that opens or closes a session, by the watcher and by whoever asks for
 * numbers. No locks: a session takes a slot with one compare-and-set, and only who holds a slot
 * writes its numbers.
 */
@NullMarked
package dev.drawbridge.db.internal.open;

import org.jspecify.annotations.NullMarked;
