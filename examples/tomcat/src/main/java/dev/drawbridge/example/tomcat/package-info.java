/** A server on Tomcat whose WebSocket is the container's own. */
@NullMarked
package dev.drawbridge.example.tomcat;

import org.jspecify.annotations.NullMarked;
