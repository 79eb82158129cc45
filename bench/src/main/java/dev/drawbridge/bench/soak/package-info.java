/** A long run of many clients, honest and not, against one server; see README.md of this module. */
@NullMarked
package dev.drawbridge.bench.soak;

import org.jspecify.annotations.NullMarked;
