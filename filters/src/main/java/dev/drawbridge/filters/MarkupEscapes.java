package dev.drawbridge.filters;

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
  private static final char LINE_SEPARATOR = '\u2028';
  private static final char PARAGRAPH_SEPARATOR = '\u2029';
  private static final SerializedString LINE = new SerializedString("\\u2028");
  private static final SerializedString PARAGRAPH = new SerializedString("\\u2029");

  private final int[] ascii = standardAsciiEscapesForJSON();

  /** The one rule. */
  public MarkupEscapes() {
    for (char markup : new char[] {'<', '>', '&'}) {
      ascii[markup] = ESCAPE_STANDARD;
    }
  }

  @Override
  public int[] getEscapeCodesForAscii() {
    return ascii.clone();
  }

  @Override
  public @Nullable SerializableString getEscapeSequence(int character) {
    return switch (character) {
      case LINE_SEPARATOR -> LINE;
      case PARAGRAPH_SEPARATOR -> PARAGRAPH;
      default -> null;
    };
  }
}
