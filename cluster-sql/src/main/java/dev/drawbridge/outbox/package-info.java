/**
 * The door to the outbox: messages that are sent if and only if the transaction commits that they
 * were published in. Works with every engine of channels, the memory of one server included.
 */
@NullMarked
package dev.drawbridge.outbox;

import org.jspecify.annotations.NullMarked;
