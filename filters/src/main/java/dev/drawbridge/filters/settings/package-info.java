/**
 * For Drawbridge's own modules: what an application has set, read and checked once.
 *
 * <p>{@code Settings} reads system properties, the environment and parameters, and nothing else
 * does. {@code Setting} is the table of all names, defaults and ranges, which docs/settings.md
 * repeats. {@code DevMode} decides between development and production. {@code LiveSettings} reads
 * them again while the application runs.
 *
 * <p>Called by the runtime at the start and by who asks for a reload; read by every other room and
 * by the endpoint. It calls no room but that of the log. Threads: the one that starts the
 * application, and the one that reloads; what comes out is immutable. Locks: those of {@code
 * LiveSettings}, first that of reloads, then that of its parts.
 */
@NullMarked
package dev.drawbridge.filters.settings;

import org.jspecify.annotations.NullMarked;
