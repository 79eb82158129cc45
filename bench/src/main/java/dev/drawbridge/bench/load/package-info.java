/** The load driver, and the servers that Drawbridge is compared with. */
@NullMarked
package dev.drawbridge.bench.load;

import org.jspecify.annotations.NullMarked;
