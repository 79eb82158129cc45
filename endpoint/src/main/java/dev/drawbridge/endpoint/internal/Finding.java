package dev.drawbridge.endpoint.internal;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that was noticed: what it is, why it is so, what to change. Immutable.
 *
 * @param code lower snake case; for refused handshakes that of the refusal
 * @param title one phrase
 * @param cause one or two sentences with the figures
 * @param fix what to change
 * @param paste what can be copied as it is, null when there is nothing
 * @param count how often it was seen
 * @param ids attempts or connections concerned, at most {@value #MAX_IDS}
 */
public record Finding(
    String code,
    Level level,
    String title,
    String cause,
    String fix,
    @Nullable String paste,
    int count,
    List<String> ids) {

  static final int MAX_IDS = 8;

  /** How much it matters; the later, the more. */
  public enum Level {
    OK,
    NOTE,
    WARNING,
    ERROR;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** Lower case, as in the document. */
    public String word() {
      return word;
    }
  }

  /** Copies the ids. */
  public Finding {
    ids = ids.stream().limit(MAX_IDS).toList();
  }

  /** The members of the document. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("code", code);
    map.put("level", level.word());
    map.put("title", title);
    map.put("cause", cause);
    map.put("fix", fix);
    map.put("paste", paste);
    map.put("count", count);
    map.put("ids", ids);
    return map;
  }
}
