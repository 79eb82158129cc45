/** Jetty by its own classes: the only package that may know them. */
@NullMarked
package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import org.jspecify.annotations.NullMarked;
