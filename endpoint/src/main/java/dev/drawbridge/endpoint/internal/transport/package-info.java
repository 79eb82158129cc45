/** What an upgrade needs and offers, whichever container carries it out. */
@NullMarked
package dev.drawbridge.endpoint.internal.transport;

import org.jspecify.annotations.NullMarked;
