package dev.drawbridge.endpoint.internal.send;

import dev.drawbridge.endpoint.internal.metrics.Count;
import dev.drawbridge.endpoint.internal.transport.WireText;

/**
 * A frame that is serialized once, however many connections it goes to. Immutable.
 *
 * @param wire the JSON
 * @param bytes its length in UTF-8
 * @param sent counts it whenever it is written
 */
public record EncodedMessage(WireText wire, int bytes, Count sent) {
  public EncodedMessage(String text, int bytes, Count sent) {
    this(new WireText(text), bytes, sent);
  }

  /** The JSON. */
  public String text() {
    return wire.text();
  }

  public static EncodedMessage of(String text, Count sent) {
    return new EncodedMessage(text, utf8Length(text), sent);
  }

  /**
   * The same for a text of the application's making.
   *
   * @throws IllegalArgumentException if it holds half of a surrogate pair, which UTF-8 cannot write
   */
  static EncodedMessage exact(String text, Count sent) {
    int bytes = measure(text);
    if (bytes < 0) {
      throw new IllegalArgumentException("a text must not hold half of a surrogate pair");
    }
    return new EncodedMessage(text, bytes, sent);
  }

  /** Length in UTF-8 bytes; an unpaired surrogate counts as the one byte of a question mark. */
  public static int utf8Length(CharSequence text) {
    int bytes = measure(text);
    return bytes < 0 ? ~bytes : bytes;
  }

  /** The length, all its bits turned when there is an unpaired surrogate. */
  private static int measure(CharSequence text) {
    int length = text.length();
    int bytes = length;
    boolean broken = false;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        if (c < 0x800) {
          bytes++;
        } else if (!Character.isSurrogate(c)) {
          bytes += 2;
        } else if (Character.isHighSurrogate(c)
            && i + 1 < length
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          bytes += 2;
          i++;
        } else {
          broken = true;
        }
      }
    }
    return broken ? ~bytes : bytes;
  }
}
