/**
 * A recording client and test tokens for tests of endpoints, and connections without a socket for
 * unit tests of handlers.
 */
@NullMarked
package dev.drawbridge.endpoint.testkit;

import org.jspecify.annotations.NullMarked;
