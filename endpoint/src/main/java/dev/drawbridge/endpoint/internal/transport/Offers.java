package dev.drawbridge.endpoint.internal.transport;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The extensions that a client offers, and which of them is taken. RFC 6455 section 9.1 (grammar),
 * RFC 7692 section 7.1 (permessage-deflate). Stateless.
 */
public final class Offers {
  public static final String DEFLATE = "permessage-deflate";

  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final String BLANK = "[ \\t]*";
  private static final Pattern NAME = Pattern.compile(BLANK + "(" + TOKEN + ")" + BLANK);

  /** What else than letters and digits may stand in one. */
  private static final String MARKS = "!#$%&'*+.^_`|~-";

  /** A quoted value is that of a token, too. */
  private static final Pattern PARAMETER =
      Pattern.compile(";%1$s(%2$s)(?:%1$s=%1$s(?:(%2$s)|\"(%2$s)\"))?%1$s".formatted(BLANK, TOKEN));

  /** 8 to 15 without leading zeros. */
  private static final Pattern WINDOW_BITS = Pattern.compile("[89]|1[0-5]");

  private Offers() {}

  /** True for a token of RFC 9110 section 5.6.2. */
  static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean fits =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || MARKS.indexOf(c) >= 0;
      if (!fits) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /**
   * Looks through the offers in their order.
   *
   * @param lines all lines of {@code Sec-WebSocket-Extensions}
   * @return whether one of them can be taken as it is; null if a line is against the grammar
   */
  public static @Nullable Boolean offersDeflate(List<String> lines) {
    boolean found = false;
    for (String line : lines) {
      for (String offer : split(line)) {
        if (offer.isBlank()) {
          continue;
        }
        Boolean fits = isDeflate(offer);
        if (fits == null) {
          return null;
        }
        found |= fits;
      }
    }
    return found;
  }

  /** Cuts at the commas that stand in no quotes. */
  private static List<String> split(String line) {
    List<String> offers = new ArrayList<>();
    boolean quoted = false;
    int start = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        offers.add(line.substring(start, i));
        start = i + 1;
      }
    }
    offers.add(line.substring(start));
    return offers;
  }

  /** Null if the offer is against the grammar. */
  private static @Nullable Boolean isDeflate(String offer) {
    Matcher name = NAME.matcher(offer);
    if (!name.lookingAt()) {
      return null;
    }
    boolean fits = name.group(1).equals(DEFLATE);
    Map<String, @Nullable String> parameters = new HashMap<>();
    Matcher parameter = PARAMETER.matcher(offer).region(name.end(), offer.length());
    int end = name.end();
    while (end < offer.length()) {
      if (!parameter.lookingAt()) {
        return null;
      }
      String key = parameter.group(1);
      String value = parameter.group(2) == null ? parameter.group(3) : parameter.group(2);
      fits &= !parameters.containsKey(key) && isPossible(key, value);
      parameters.put(key, value);
      end = parameter.end();
      parameter.region(end, offer.length());
    }
    return fits;
  }

  /**
   * True for a parameter that can be kept. {@code server_max_window_bits} cannot: the JDK
   * compresses with the full window alone. The two about the client's half say only what it may do,
   * and its messages are read with the full window and with their context.
   */
  private static boolean isPossible(String name, @Nullable String value) {
    return switch (name) {
      case "client_no_context_takeover", "server_no_context_takeover" -> value == null;
      case "client_max_window_bits" -> value == null || WINDOW_BITS.matcher(value).matches();
      default -> false;
    };
  }
}
