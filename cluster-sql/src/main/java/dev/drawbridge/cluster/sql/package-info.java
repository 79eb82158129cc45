/**
 * The engine of channels on PostgreSQL and MariaDB: a table is the log, a row of another is its
 * head, and short transactions keep both and the roster. Applications put the jar beside the
 * endpoint and use nothing of it.
 *
 * <p>Threads: {@code SqlTail} has one of its own, which opens the log and hands entries to the
 * sink; appends come from the endpoint's writer, calls of the roster from any thread. Each of them
 * has a connection of its own, so that none waits for another. Locks in the database, in this
 * order: the row of the head, then rows of {@code drawbridge_lock} by their slots.
 */
@NullMarked
package dev.drawbridge.cluster.sql;

import org.jspecify.annotations.NullMarked;
