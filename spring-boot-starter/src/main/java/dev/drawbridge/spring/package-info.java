/**
 * For applications of Spring Boot: what they may ask of the starter beside the beans {@code
 * Connections}, {@code Channels} and {@code Outbox}, which are those of the other modules.
 *
 * <p>{@link dev.drawbridge.spring.OutboxTemplate} publishes in the transaction of the thread;
 * {@link dev.drawbridge.spring.HandshakeAuthentication} is the user of a token as Spring Security
 * knows users.
 *
 * <p>Threads: any. Locks: none.
 */
@NullMarked
package dev.drawbridge.spring;

import org.jspecify.annotations.NullMarked;
