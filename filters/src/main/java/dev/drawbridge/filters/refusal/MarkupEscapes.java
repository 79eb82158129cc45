package dev.drawbridge.filters.refusal;

import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.io.SerializedString;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code <}, {@code >}, {@code &} and the two line separators of Unicode as {@code \}{@code
 * uXXXX} in JSON answers: what a stranger sent stays text even where somebody takes the answer for
 * a page or puts it into a script. The value is the same (RFC 8259 section 7). Immutable.
 */
public final class MarkupEscapes extends CharacterEscapes {
  private static final long serialVersionUID = 1L;
  private static final String MARKUP = "<>&\u2028\u2029";

  private final SerializedString[] escapes = new SerializedString[MARKUP.length()];
  private final int[] ascii = standardAsciiEscapesForJSON();

  /** The one rule. */
  public MarkupEscapes() {
    for (int i = 0; i < escapes.length; i++) {
      char c = MARKUP.charAt(i);
      escapes[i] = new SerializedString(String.format("\\u%04x", (int) c));
      if (c < ascii.length) {
        ascii[c] = ESCAPE_CUSTOM;
      }
    }
  }

  @Override
  public int[] getEscapeCodesForAscii() {
    return ascii.clone();
  }

  @Override
  public @Nullable SerializableString getEscapeSequence(int character) {
    int at = MARKUP.indexOf(character);
    return at < 0 ? null : escapes[at];
  }
}
