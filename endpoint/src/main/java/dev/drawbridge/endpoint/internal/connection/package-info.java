/** The life of one connection: opening, watching, closing, and what is told of its end. */
@NullMarked
package dev.drawbridge.endpoint.internal.connection;

import org.jspecify.annotations.NullMarked;
