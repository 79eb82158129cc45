/** The origin rule for plain requests, preflights and WebSocket handshakes, and CORS headers. */
@NullMarked
package dev.drawbridge.filters.cors;

import org.jspecify.annotations.NullMarked;
