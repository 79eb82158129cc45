/**
 * The engine of channels on Valkey 7.2 or Redis 6.2 and newer: one stream is the log, small scripts
 * keep it and the roster. Applications put the jar beside the endpoint and use nothing of it.
 *
 * <p>Threads: {@code RedisTail} has one of its own, which opens the log and hands entries to the
 * sink; appends come from the endpoint's writer, calls of the roster from any thread. Each of the
 * three has a connection of its own, so that none waits for another. No lock is held during a call
 * but that of the connection.
 */
@NullMarked
package dev.drawbridge.cluster.redis;

import org.jspecify.annotations.NullMarked;
