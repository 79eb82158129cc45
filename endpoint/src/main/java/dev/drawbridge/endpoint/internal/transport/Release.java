package dev.drawbridge.endpoint.internal.transport;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The three numbers of a release of a container. Immutable.
 *
 * @param preview what marks it as one that comes before these numbers, such as {@code -M20}; empty
 *     for none
 */
public record Release(int major, int minor, int patch, String preview)
    implements Comparable<Release> {
  /** At most nine digits each, so that each is an int. */
  private static final Pattern NUMBERS =
      Pattern.compile(
          "(\\d{1,9})\\.(\\d{1,9})\\.(\\d{1,9})"
              + "([.-]?(?:M|RC|CR|Alpha|Beta)[.-]?\\d*(?![A-Za-z]))?(?:\\D.*)?",
          Pattern.CASE_INSENSITIVE);

  private static final Comparator<Release> ORDER =
      Comparator.comparingInt(Release::major)
          .thenComparingInt(Release::minor)
          .thenComparingInt(Release::patch)
          .thenComparing(release -> release.preview().isEmpty())
          .thenComparing(Release::preview);

  public Release(int major, int minor, int patch) {
    this(major, minor, patch, "");
  }

  /**
   * Reads one.
   *
   * @param text {@code 11.0.27}, {@code 2.3.24.Final}, or null
   * @return null if the text does not begin with three numbers
   */
  public static @Nullable Release of(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Matcher numbers = NUMBERS.matcher(text);
    if (!numbers.matches()) {
      return null;
    }
    return new Release(
        Integer.parseInt(numbers.group(1)),
        Integer.parseInt(numbers.group(2)),
        Integer.parseInt(numbers.group(3)),
        Objects.requireNonNullElse(numbers.group(4), ""));
  }

  /**
   * Whether it is at least as new as the one of its own line, or newer than all of them.
   *
   * @param firsts the first release of each line, the oldest line first
   */
  public boolean isAtLeastOneOf(List<Release> firsts) {
    Release own = null;
    for (Release first : firsts) {
      if (major == first.major && minor == first.minor) {
        return compareTo(first) >= 0;
      }
      own = first;
    }
    return own != null && compareTo(own) > 0;
  }

  @Override
  public int compareTo(Release other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch + preview;
  }
}
