/** The WebSocket side: upgrade, connections, messages, heartbeat, discovery and diagnosis. */
@NullMarked
package dev.drawbridge.endpoint;

import org.jspecify.annotations.NullMarked;
