/**
 * The load driver: clients on one thread, the targets that they are connected to, the loads that
 * can be put on one, and their comparison. It starts the servers of the room {@code server} by the
 * names of their classes; the other rooms below measure something of their own with these clients.
 */
@NullMarked
package dev.drawbridge.bench.load;

import org.jspecify.annotations.NullMarked;
