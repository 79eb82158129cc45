/** Reads frames, checks them in one place and one order, and binds their data to records. */
@NullMarked
package dev.drawbridge.endpoint.internal.message;

import org.jspecify.annotations.NullMarked;
