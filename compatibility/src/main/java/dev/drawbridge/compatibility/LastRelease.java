package dev.drawbridge.compatibility;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says whether a version may be released behind another: a patch adds nothing, a minor breaks
 * nothing.
 */
final class LastRelease {
  private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\.(\\d+)\\.(\\d+)(?:-.*)?");

  private final List<String> breaks = new ArrayList<>();
  private final List<String> additions = new ArrayList<>();
  private final List<String> undeprecated = new ArrayList<>();

  private LastRelease() {}

  /**
   * Arguments: the version of the last release, the folder of its compiled sources, and the same
   * two of the present state. Exits with 1 if the present version is too small a step for what has
   * changed, else with 0.
   */
  public static void main(String[] args) throws IOException {
    boolean fits =
        report(
            args[0],
            new SourceTree(Path.of(args[1])),
            args[2],
            new SourceTree(Path.of(args[3])),
            System.out);
    System.exit(fits ? 0 : 1);
  }

  /** Whether the step from one version to the other is large enough; writes why not. */
  static boolean report(
      String oldVersion, SourceTree old, String newVersion, SourceTree present, PrintStream out)
      throws IOException {
    Step step = Step.between(oldVersion, newVersion);
    LastRelease release = new LastRelease();
    release.compareClasses(old, present);
    release.compareListings(old.recorded(), present.recorded());
    boolean mayBreak = step == Step.MAJOR;
    if (mayBreak) {
      list(out, "gone or changed without having been deprecated: ", release.undeprecated);
    }
    boolean mayAdd = mayBreak || step == Step.MINOR;
    list(out, mayBreak ? "breaks, as a major version may: " : "BREAKS: ", release.breaks);
    list(out, mayAdd ? "new, as a minor version may have it: " : "NEW: ", release.additions);
    if (!mayBreak && !release.breaks.isEmpty()) {
      out.printf(
          "%s would break who uses %s. Keep the old beside the new, deprecated, or raise the first"
              + " number of the version; see docs/upgrading.md.%n",
          newVersion, oldVersion);
      return false;
    }
    if (!mayAdd && !release.additions.isEmpty()) {
      out.printf(
          "%s adds to %s, and a patch adds nothing: raise the second number of the version; see"
              + " docs/upgrading.md.%n",
          newVersion, oldVersion);
      return false;
    }
    out.printf("%s may follow %s.%n", newVersion, oldVersion);
    return true;
  }

  private static void list(PrintStream out, String before, List<String> lines) {
    lines.forEach(line -> out.println(before + line));
  }

  private void compareClasses(SourceTree old, SourceTree present) throws IOException {
    SortedSet<String> packages = old.publicPackages();
    SortedSet<String> stillPublic = present.publicPackages();
    packages.stream()
        .filter(name -> !stillPublic.contains(name))
        .forEach(name -> breaks.add(name + " is no public package any more"));
    PublicTypes nothing = PublicTypes.of(Map.of(), packages);
    SortedMap<String, PublicTypes> before = old.modules();
    SortedMap<String, PublicTypes> after = present.modules();
    for (Map.Entry<String, PublicTypes> module : before.entrySet()) {
      List<String> kept = listing(after.getOrDefault(module.getKey(), nothing));
      listing(module.getValue()).stream()
          .filter(line -> !kept.contains(line) && !line.endsWith(" deprecated"))
          .forEach(line -> undeprecated.add(module.getKey() + ": " + line));
      Breaks.between(module.getValue(), after.getOrDefault(module.getKey(), nothing), packages)
          .forEach(line -> breaks.add(module.getKey() + ": " + line));
    }
    for (Map.Entry<String, PublicTypes> module : after.entrySet()) {
      // A declaration that has changed is a new line, too; the comparison has judged it.
      if (breaks.stream().noneMatch(line -> line.startsWith(module.getKey() + ": "))) {
        List<String> known = listing(before.getOrDefault(module.getKey(), nothing));
        listing(module.getValue()).stream()
            .filter(line -> !known.contains(line))
            .forEach(line -> additions.add(module.getKey() + ": " + line));
      }
    }
  }

  private static List<String> listing(PublicTypes types) {
    return Signatures.qualified(Signatures.of(types));
  }

  private void compareListings(Map<String, List<String>> old, Map<String, List<String>> present) {
    old.forEach(
        (file, lines) ->
            lines.stream()
                .filter(line -> !present.getOrDefault(file, List.of()).contains(line))
                .forEach(line -> breaks.add(file + ": gone or another: " + line)));
    present.forEach(
        (file, lines) ->
            lines.stream()
                .filter(line -> !old.getOrDefault(file, List.of()).contains(line))
                .forEach(line -> additions.add(file + ": " + line)));
  }

  /** The first of the three numbers that is larger. */
  private enum Step {
    MAJOR,
    MINOR,
    PATCH;

    static Step between(String old, String present) {
      int[] from = numbers(old);
      int[] to = numbers(present);
      for (int i = 0; i < from.length; i++) {
        if (to[i] < from[i]) {
          throw new IllegalArgumentException(present + " is older than " + old);
        }
        if (to[i] > from[i]) {
          return i == 0 ? MAJOR : i == 1 ? MINOR : PATCH;
        }
      }
      return PATCH;
    }

    private static int[] numbers(String version) {
      Matcher numbers = VERSION.matcher(version);
      if (!numbers.matches()) {
        throw new IllegalArgumentException("a version is three numbers: " + version);
      }
      return new int[] {
        Integer.parseInt(numbers.group(1)),
        Integer.parseInt(numbers.group(2)),
        Integer.parseInt(numbers.group(3))
      };
    }
  }
}
