package dev.drawbridge.filters.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Finds the names that someone who mistyped one may have meant. Stateless and thread-safe. */
public final class Nearest {
  /** So much of a mistyped name counts, in characters: {@value}. It may come from a stranger. */
  private static final int MAX_LENGTH = 64;

  private Nearest() {}

  /**
   * The closest names by edits, closest first, equally close ones in alphabetical order.
   *
   * @param name as someone wrote it, of any length; letter case is ignored
   * @param limit names at most, 0 or more
   */
  public static List<String> to(String name, Collection<String> names, int limit) {
    return names.stream()
        .sorted(
            Comparator.comparingInt((String other) -> distance(name, other))
                .thenComparing(Comparator.naturalOrder()))
        .limit(limit)
        .toList();
  }

  /** Levenshtein distance, letter case ignored. */
  static int distance(String name, String other) {
    String left = name.length() > MAX_LENGTH ? name.substring(0, MAX_LENGTH) : name;
    int[] row = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        boolean same =
            Character.toLowerCase(left.charAt(i - 1)) == Character.toLowerCase(other.charAt(j - 1));
        int replace = diagonal + (same ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replace, Math.min(row[j - 1], row[j]) + 1);
      }
    }
    return row[other.length()];
  }
}
