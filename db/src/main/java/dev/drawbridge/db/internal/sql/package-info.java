/**
 * What can be known of a statement from its text: where its parameters are, what it does to data,
 * transaction and session, and how it is shown in a message. Nothing here speaks to a database.
 *
 * <p>Called by the session on its own thread and by everything that has to name a statement. A text
 * is immutable; {@code ParsedStatements} is used by all threads at once and takes no lock of its
 * own.
 */
@NullMarked
package dev.drawbridge.db.internal.sql;

import org.jspecify.annotations.NullMarked;
