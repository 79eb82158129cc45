/** The diagnostics page of dev mode: what it shows, and what it finds out. */
@NullMarked
package dev.drawbridge.endpoint.internal.diagnostics;

import org.jspecify.annotations.NullMarked;
