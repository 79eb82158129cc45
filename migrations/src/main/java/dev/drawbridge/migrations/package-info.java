/** Versioned SQL, applied or validated at start. */
@NullMarked
package dev.drawbridge.migrations;

import org.jspecify.annotations.NullMarked;
