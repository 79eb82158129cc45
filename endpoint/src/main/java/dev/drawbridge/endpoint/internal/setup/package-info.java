/** Looks at the web application for what will break handshakes or connections. */
@NullMarked
package dev.drawbridge.endpoint.internal.setup;

import org.jspecify.annotations.NullMarked;
