package dev.drawbridge.endpoint.internal.channels;

/**
 * A frame of a channel, written once, however many connections it goes to. Immutable.
 *
 * @param channel as the log calls it
 * @param type of the message
 * @param text the JSON, its number in it
 * @param bytes its length in UTF-8
 */
public record Frame(String channel, String type, String text, int bytes) {
  /** Measures the text. */
  static Frame of(String channel, String type, String text) {
    int bytes = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        // The halves of a pair have two bytes each.
        bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return new Frame(channel, type, text, bytes);
  }
}
