/** What all connections of one endpoint share: the index, the places, the timer, the drain. */
@NullMarked
package dev.drawbridge.endpoint.internal.server;

import org.jspecify.annotations.NullMarked;
