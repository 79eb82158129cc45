/**
 * The door: a pooled, manual JDBC session layer that needs no container. An application uses {@link
 * dev.drawbridge.db.Database}, {@link dev.drawbridge.db.DbSession} and what they return.
 *
 * <p>What is not for applications stands in rooms below {@code internal}; they know of the door no
 * more than its exceptions, its configuration and its enums. Package-private here is what shares
 * the inside of a public type, which would otherwise have to show it to everybody: the mappers and
 * GeneratedKeys read through {@code Row}, MySqlStream and SessionLender work for {@code DbSession},
 * HealthCheck and DatabaseJmx for {@code Database}, DatabaseSettings for its configuration.
 *
 * <p>A session belongs to one thread at a time, a database to all. Locks: that of HealthCheck, held
 * for a second at most; nothing here takes another while it is held.
 */
@NullMarked
package dev.drawbridge.db;

import org.jspecify.annotations.NullMarked;
