/** The routes beside the WebSocket. */
@NullMarked
package dev.drawbridge.endpoint.internal.http;

import org.jspecify.annotations.NullMarked;
