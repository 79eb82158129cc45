/**
 * The servers that a load is for, each the main class of a process of its own, and what they share
 * with {@code BenchServer}. They know nothing of the driver.
 */
@NullMarked
package dev.drawbridge.bench.load.server;

import org.jspecify.annotations.NullMarked;
