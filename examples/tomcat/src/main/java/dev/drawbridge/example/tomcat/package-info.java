/** A server on Tomcat, with the endpoint and with a WebSocket of the container's own. */
@NullMarked
package dev.drawbridge.example.tomcat;

import org.jspecify.annotations.NullMarked;
