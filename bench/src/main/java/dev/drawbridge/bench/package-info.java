/** Measures what the other modules promise; run by hand. */
@NullMarked
package dev.drawbridge.bench;

import org.jspecify.annotations.NullMarked;
