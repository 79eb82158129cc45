/** Drives real, installed browsers from JUnit tests, one interface for all of them. */
@NullMarked
package dev.drawbridge.testing;

import org.jspecify.annotations.NullMarked;
