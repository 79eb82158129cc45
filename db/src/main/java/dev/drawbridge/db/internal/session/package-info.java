/**
 * What surrounds one borrowed connection: it goes back as it came or not at all, the caller's view
 * of it is guarded, reads are held back from writing, the wait of a stream is limited.
 *
 * <p>Called by {@code DbSession} on the session's thread, but for {@code StreamLimit}, whose look
 * runs on the database's watcher, and {@code Listeners}, which all sessions share. No locks: what
 * belongs to a session is used by one thread at a time.
 */
@NullMarked
package dev.drawbridge.db.internal.session;

import org.jspecify.annotations.NullMarked;
