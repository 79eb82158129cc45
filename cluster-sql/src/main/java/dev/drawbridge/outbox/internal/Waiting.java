package dev.drawbridge.outbox.internal;

import org.jspecify.annotations.Nullable;

/**
 * A row of the outbox as it is read. Immutable.
 *
 * @param data null for none, and when it is longer than {@value OutboxTable#INLINE} characters
 * @param length of the data, 0 for none
 * @param ageMillis since its insert, by the database's clock
 */
record Waiting(
    long id, String channel, String type, @Nullable String data, long length, long ageMillis) {}
