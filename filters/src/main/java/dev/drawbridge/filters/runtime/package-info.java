/**
 * For applications: {@link dev.drawbridge.filters.runtime.DrawbridgeRuntime}, what the filters and
 * the endpoint of one web application share. The rest is for this module.
 *
 * <p>The first component that starts creates it, and refuses the start with all problems at once;
 * the last one that stops closes it. It knows the rules that filters check at the start, not the
 * filters.
 *
 * <p>Called by filters, endpoint and an application's listener. Threads: the one that starts or
 * stops the application; request threads only read. Locks, in this order: the one lock of all
 * runtimes (joining and leaving), then {@code opening} of one runtime (users and keys on demand).
 */
@NullMarked
package dev.drawbridge.filters.runtime;

import org.jspecify.annotations.NullMarked;
