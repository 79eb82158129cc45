package dev.drawbridge.doctor;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was given to the doctor and must not come out of it again, though a server says it back: the
 * token, and long values of the address's query. Immutable.
 */
final class Secrets {
  /** Shorter ones are no secrets, and hiding them would spoil words. */
  private static final int SHORTEST_TOKEN = 6;

  private static final int SHORTEST_VALUE = 16;

  /** As much of a secret, and it is one, though its end was cut off. */
  private static final int BEGIN = 12;

  private final List<Pattern> patterns;

  private Secrets(List<Pattern> patterns) {
    this.patterns = patterns;
  }

  /**
   * @param query with its question mark, or empty
   */
  static Secrets of(@Nullable String token, String query) {
    Set<String> all = new LinkedHashSet<>();
    if (token != null && token.length() >= SHORTEST_TOKEN) {
      all.add(token);
    }
    for (String pair : query.replaceFirst("^\\?", "").split("&", -1)) {
      String value = pair.substring(pair.indexOf('=') + 1);
      if (value.length() >= SHORTEST_VALUE) {
        all.add(value);
        all.add(decoded(value));
      }
    }
    return new Secrets(
        all.stream()
            .map(each -> each.substring(0, Math.min(BEGIN, each.length())))
            .map(begin -> Pattern.compile(Pattern.quote(begin) + "[^\\s\"',;]*"))
            .toList());
  }

  private static String decoded(String value) {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return value;
    }
  }

  String hide(String text) {
    String hidden = text;
    for (Pattern each : patterns) {
      hidden = each.matcher(hidden).replaceAll(Matcher.quoteReplacement("[secret]"));
    }
    return hidden;
  }

  /** The same in all texts of a result. */
  Result hide(Result result) {
    Map<String, Object> facts = new LinkedHashMap<>();
    result.facts().forEach((name, value) -> facts.put(name, hidden(value)));
    return new Result(
        result.step(),
        result.status(),
        result.ms(),
        result.code(),
        hide(result.detail()),
        result.fix(),
        facts);
  }

  private @Nullable Object hidden(@Nullable Object value) {
    if (value instanceof String text) {
      return hide(text);
    }
    return value instanceof List<?> list
        ? list.stream().map(this::hidden).collect(Collectors.toList())
        : value;
  }
}
