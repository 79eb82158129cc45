package dev.drawbridge.endpoint.internal.channels.subscription;

import dev.drawbridge.endpoint.internal.send.EncodedMessage;

/**
 * A frame of a channel, written once, however many connections it goes to. Immutable.
 *
 * @param channel as the log calls it
 * @param message its number in it
 */
public record Frame(String channel, EncodedMessage message) {
  public int bytes() {
    return message.bytes();
  }
}
