/**
 * For Drawbridge's own modules: what an application has set, read and checked once.
 *
 * <p>{@code Settings} reads system properties, the environment and parameters, and nothing else
 * does. {@code Setting} is the table of all names, defaults and ranges, which the README repeats.
 * {@code DevMode} decides between development and production.
 *
 * <p>Called by the runtime at the start; read by every other room and by the endpoint. It calls no
 * other room. Threads: the one that starts the application; what comes out is immutable. Locks:
 * none.
 */
@NullMarked
package dev.drawbridge.filters.settings;

import org.jspecify.annotations.NullMarked;
