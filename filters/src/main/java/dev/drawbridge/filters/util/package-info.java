/**
 * For Drawbridge's own modules: what any program needs and the JDK has not.
 *
 * <p>Daemon threads of an application, the names of loopback, hashes, beans of JMX. A class that
 * knows a word of Drawbridge's belongs elsewhere.
 *
 * <p>Called by every room and by the endpoint. It calls no other room. Threads: any. Locks: none;
 * everything is stateless or immutable.
 */
@NullMarked
package dev.drawbridge.filters.util;

import org.jspecify.annotations.NullMarked;
