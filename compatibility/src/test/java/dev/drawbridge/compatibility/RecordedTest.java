package dev.drawbridge.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What applications may rely on is what {@code recorded} says: with {@code -Dapi.write=true} the
 * test writes it, else it compares.
 */
class RecordedTest {
  private static final Path ROOT = Path.of("..");
  private static final Path RECORDED = Path.of("recorded");

  private static SortedMap<String, List<String>> present() throws IOException {
    SortedMap<String, List<String>> present = new TreeMap<>();
    new SourceTree(ROOT)
        .modules()
        .forEach((module, types) -> present.put("java/" + module + ".txt", Signatures.of(types)));
    present.putAll(Listings.of(ROOT));
    return present;
  }

  @Test
  void whatApplicationsMayRelyOnIsWhatWasRecorded() throws IOException {
    SortedMap<String, List<String>> present = present();
    if (Boolean.getBoolean("api.write")) {
      Files.createDirectories(RECORDED.resolve("java"));
      for (Map.Entry<String, List<String>> listing : present.entrySet()) {
        Files.writeString(
            RECORDED.resolve(listing.getKey()), String.join("\n", listing.getValue()) + "\n");
      }
    }

    List<String> changes = new ArrayList<>();
    for (Map.Entry<String, List<String>> listing : present.entrySet()) {
      Path file = RECORDED.resolve(listing.getKey());
      changes.addAll(
          changes(
              listing.getKey(),
              Files.exists(file) ? Files.readAllLines(file) : List.of(),
              listing.getValue()));
    }

    assertThat(changes).as(ADVICE).isEmpty();
  }

  private static final String ADVICE =
      """
      What applications may rely on has changed.
      A line that is GONE breaks them: keep the old beside the new, marked as deprecated with since \
      and a replacement, until the next major version.
      A line that is NEW breaks those that implement an interface if it is abstract, and is a \
      promise in any case.
      When it is meant: compatibility/record.sh records it, and CHANGELOG.md says it; \
      docs/upgrading.md has the rules.\
      """;

  /** Nobody looks at a listing of a module, or of a kind, that is no more. */
  @Test
  void everyRecordedFileIsCompared() throws IOException {
    Set<String> files = new TreeSet<>();
    for (Path folder : List.of(RECORDED, RECORDED.resolve("java"))) {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, Files::isRegularFile)) {
        found.forEach(file -> files.add(RECORDED.relativize(file).toString().replace('\\', '/')));
      }
    }
    // The client's tests compare theirs.
    files.remove("client.txt");

    assertThat(files).isEqualTo(present().keySet());
  }

  @Test
  void eachPublicPackageIsInAListing() throws IOException {
    Set<String> listed = new TreeSet<>();
    for (List<String> lines : present().values()) {
      lines.stream()
          .filter(line -> line.startsWith("package "))
          .forEach(line -> listed.add(line.split(" ", -1)[1]));
    }

    assertThat(listed).isEqualTo(new SourceTree(ROOT).publicPackages()).hasSizeGreaterThan(10);
  }

  /**
   * No jar says what it exports, as all are automatic modules: what is public ends at the packages
   * of the map only if no signature leads behind them. These do, for our own modules, and an action
   * of a code is the same word for errors and refusals.
   */
  @Test
  void fewPublicSignaturesNameATypeThatIsNotPublic() throws IOException {
    Set<String> packages = new SourceTree(ROOT).publicPackages();
    Pattern type = Pattern.compile("(dev\\.drawbridge(?:\\.[a-z][a-z0-9]*)+)\\.[A-Z]\\w*");

    Set<String> owners = new TreeSet<>();
    for (Map.Entry<String, List<String>> listing : present().entrySet()) {
      if (listing.getKey().startsWith("java/")) {
        for (String line : Signatures.qualified(listing.getValue())) {
          if (type.matcher(line).results().anyMatch(found -> !packages.contains(found.group(1)))) {
            owners.add(line.replaceAll("(?s)^.*?(dev\\.drawbridge[\\w.$]+).*", "$1"));
          }
        }
      }
    }

    assertThat(owners)
        .containsExactly(
            "dev.drawbridge.endpoint.ErrorCode",
            "dev.drawbridge.filters.cors.CorsCounters",
            "dev.drawbridge.filters.runtime.DrawbridgeRuntime",
            "dev.drawbridge.filters.session.SessionTokenServlet");
  }

  /** Lines that are gone, and new ones; where neither, what has another place. */
  static List<String> changes(String file, List<String> recorded, List<String> present) {
    List<String> before = Signatures.qualified(recorded);
    List<String> now = Signatures.qualified(present);
    List<String> changes = new ArrayList<>();
    before.stream()
        .filter(line -> !now.contains(line))
        .forEach(line -> changes.add("GONE from " + file + ": " + line));
    now.stream()
        .filter(line -> !before.contains(line))
        .forEach(line -> changes.add("NEW in " + file + ": " + line));
    if (changes.isEmpty() && !before.equals(now)) {
      changes.add("GONE from " + file + ": the order of " + before);
    }
    return changes;
  }
}
