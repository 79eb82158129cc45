/** A message from the transport to its handler. */
@NullMarked
package dev.drawbridge.endpoint.internal.receive;

import org.jspecify.annotations.NullMarked;
