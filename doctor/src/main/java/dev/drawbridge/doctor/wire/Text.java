package dev.drawbridge.doctor.wire;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is read from strangers and shown to people, and lengths of time in their short form. */
public final class Text {
  private static final int MOST = 120;
  private static final Pattern ZEROS = Pattern.compile("(?:^|:)0(?::0)+(?=%|:|$):?");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,7})(ms|s|m|h)");

  private Text() {}

  /** Printable ASCII, at most {@value #MOST} characters, and nothing that looks like a JWS. */
  public static String clean(String text) {
    String shown = masked(text.replaceAll("[^\\x20-\\x7E]+", " ")).strip();
    return shown.length() > MOST ? shown.substring(0, MOST) + "..." : shown;
  }

  /** The same text without what looks like a JWS. */
  public static String masked(String text) {
    return text.replaceAll("eyJ[A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]*){0,4}", "[token]");
  }

  /** An address as RFC 5952 writes it: {@code 2001:db8::1}. */
  public static String address(InetAddress address) {
    String text = address.getHostAddress();
    String longest = "";
    Matcher zeros = ZEROS.matcher(text);
    while (zeros.find()) {
      longest = zeros.group().length() > longest.length() ? zeros.group() : longest;
    }
    return longest.isEmpty() ? text : text.replaceFirst(longest, "::");
  }

  /**
   * @param text such as {@code 500ms}, {@code 90s}, {@code 5m}, {@code 1h}
   * @throws IllegalArgumentException for anything else
   */
  public static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(text);
    }
    long count = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      default -> Duration.ofHours(count);
    };
  }

  /** For people: {@code 250 ms}, {@code 2.0 s}, {@code 5.0 min}, {@code 3.5 h}, {@code 12 d}. */
  public static String time(long millis) {
    long length = Math.abs(millis);
    if (length < 1_000) {
      return length + " ms";
    }
    if (length < 120_000) {
      return String.format(Locale.ROOT, "%.1f s", length / 1e3);
    }
    if (length < 7_200_000) {
      return String.format(Locale.ROOT, "%.1f min", length / 6e4);
    }
    return length < 172_800_000
        ? String.format(Locale.ROOT, "%.1f h", length / 36e5)
        : length / 86_400_000 + " d";
  }
}
