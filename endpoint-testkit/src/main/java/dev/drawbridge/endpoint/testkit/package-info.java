/** A recording client and test tokens for tests of endpoints. */
@NullMarked
package dev.drawbridge.endpoint.testkit;

import org.jspecify.annotations.NullMarked;
