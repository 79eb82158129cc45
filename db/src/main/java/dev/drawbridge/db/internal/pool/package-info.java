/**
 * Where connections come from: a HikariCP pool of our own with its factory, or the data source of
 * the caller; whether a pooler is in between; how to pause between attempts; how a container's pool
 * is told to forget a connection.
 *
 * <p>Called on the thread that opens a session, the factory also on those of HikariCP, which it may
 * keep until the server is back. No locks of its own.
 */
@NullMarked
package dev.drawbridge.db.internal.pool;

import org.jspecify.annotations.NullMarked;
