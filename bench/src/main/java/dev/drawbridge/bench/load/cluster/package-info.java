/**
 * Two servers on one Redis or PostgreSQL, started and killed by the driver, and those who are
 * connected to them.
 */
@NullMarked
package dev.drawbridge.bench.load.cluster;

import org.jspecify.annotations.NullMarked;
