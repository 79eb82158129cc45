package dev.drawbridge.endpoint.internal.transport;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A text on its way out, to one connection or to many: what the wire needs of it is made once, and
 * shared by all of them. Thread-safe; what two threads make at once is the same.
 */
public final class WireText {
  private final String text;

  /** Null until a transport wants it. Its bytes never change. */
  private volatile byte @Nullable [] utf8;

  /** Null until a transport wants it. Its bytes never change. */
  private volatile byte @Nullable [] framed;

  /** Null until a transport that compresses wants it for a second connection. */
  private volatile byte @Nullable [] compressed;

  private volatile boolean sent;
  private volatile boolean shared;

  public WireText(String text) {
    this.text = text;
  }

  public String text() {
    return text;
  }

  /** In UTF-8. Not to be written to. */
  public byte[] utf8() {
    byte[] made = utf8;
    if (made == null) {
      made = text.getBytes(StandardCharsets.UTF_8);
      utf8 = made;
    }
    return made;
  }

  /**
   * A whole frame of it. Not to be written to.
   *
   * @param frame makes it of the bytes in UTF-8; the same whoever asks
   */
  public byte[] framed(UnaryOperator<byte[]> frame) {
    byte[] made = framed;
    if (made == null) {
      made = frame.apply(utf8());
      framed = made;
    }
    return made;
  }

  /** It is sent to one more connection. */
  public void toOneMore() {
    if (sent) {
      shared = true;
    } else {
      sent = true;
    }
  }

  /** True once it was sent to more than one connection. */
  public boolean isShared() {
    return shared;
  }

  /**
   * Compressed, without any context of a connection. Not to be written to.
   *
   * @param compress makes it of the bytes in UTF-8; the same whoever asks, or null if it failed
   * @return null if it failed: nothing is kept, the next one who asks tries again
   */
  public byte @Nullable [] compressed(Function<byte[], byte @Nullable []> compress) {
    byte[] made = compressed;
    if (made == null) {
      made = compress.apply(utf8());
      compressed = made;
    }
    return made;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WireText same && same.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return "WireText[" + text.length() + " characters]";
  }
}
