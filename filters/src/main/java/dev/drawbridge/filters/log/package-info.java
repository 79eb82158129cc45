/**
 * For Drawbridge's own modules: what may be put into a log, and how much of it.
 *
 * <p>{@code Printable} makes a stranger's text harmless, {@code Traces} keeps messages out of stack
 * traces that may hold secrets, {@code LogBudget} bounds the lines a minute.
 *
 * <p>Called by every room and by the endpoint. It calls no other room. Threads: any. Locks: each
 * budget has its own monitor, held for a few instructions, and takes no other.
 */
@NullMarked
package dev.drawbridge.filters.log;

import org.jspecify.annotations.NullMarked;
