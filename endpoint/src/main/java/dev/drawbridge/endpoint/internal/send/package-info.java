/** A message to the transport: encoding, the bounded queue, what became of it. */
@NullMarked
package dev.drawbridge.endpoint.internal.send;

import org.jspecify.annotations.NullMarked;
