/** Jetty by its API for applications, EE 10 and EE 11. */
@NullMarked
package dev.drawbridge.endpoint.internal.transport.jetty;

import org.jspecify.annotations.NullMarked;
