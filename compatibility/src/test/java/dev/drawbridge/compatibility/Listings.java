package dev.drawbridge.compatibility;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.settings.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What applications may rely on beside types and the client, a line for each thing, sorted. */
final class Listings {
  private Listings() {}

  /** By the names of the files in {@code recorded}. */
  static SortedMap<String, List<String>> of(Path root) throws IOException {
    SortedMap<String, List<String>> listings = new TreeMap<>();
    listings.put("settings.txt", settings());
    listings.put("spring-properties.txt", springProperties(root));
    listings.put("codes.txt", codes());
    listings.put("frames.txt", frames(root));
    listings.put("metrics.txt", metrics(root));
    return listings;
  }

  private static List<String> settings() {
    return sorted(
        Arrays.stream(Setting.values())
            .map(
                setting ->
                    setting.variable()
                        + " "
                        + setting.property()
                        + " "
                        + setting.initParam()
                        + (setting.isReloadable() ? " reload" : "")
                        + (setting.range().isEmpty() ? "" : ": " + setting.range())));
  }

  private static List<String> springProperties(Path root) throws IOException {
    return all(
        root.resolve(
            "spring-boot-starter/src/main/resources/META-INF/spring-configuration-metadata.json"),
        "\"name\" *: *\"(drawbridge\\.[a-z0-9.-]+)\"");
  }

  private static List<String> codes() {
    Stream<String> refusals =
        Arrays.stream(RefusalCode.values())
            .map(
                code ->
                    String.format(
                        "refusal %s %d %s%s",
                        code.word(),
                        code.status(),
                        code.action().word(),
                        code.isRetryable() ? " retryable" : ""));
    Stream<String> errors =
        Arrays.stream(ErrorCode.values())
            .map(
                code ->
                    String.format(
                        "error %s %s%s",
                        code.word(),
                        code.action().word(),
                        code.closeCode() == 0 ? "" : " closes " + code.closeCode()));
    Stream<String> closes =
        Arrays.stream(CloseCode.values())
            .flatMap(
                code ->
                    Stream.concat(
                        Stream.of("close " + code.code()),
                        code.reasons().stream().map(word -> "close " + code.code() + " " + word)));
    return sorted(Stream.of(refusals, errors, closes).flatMap(each -> each));
  }

  /** A test of the endpoint holds that the types of this sentence are reserved. */
  private static List<String> frames(Path root) throws IOException {
    String text = Files.readString(root.resolve("PROTOCOL.md"));
    Matcher reserved = Pattern.compile("Reserved: `([a-z. ]+)`").matcher(text);
    if (!reserved.find()) {
      throw new AssertionError("section 4 of PROTOCOL.md names the reserved types");
    }
    Matcher versions = Pattern.compile("drawbridge\\.v\\d+").matcher(text);
    return sorted(
        Stream.concat(
            Arrays.stream(reserved.group(1).split(" ", -1)),
            versions.results().map(each -> "subprotocol " + each.group())));
  }

  /** A test of the endpoint holds that the guide's table is what is measured. */
  private static List<String> metrics(Path root) throws IOException {
    Matcher rows =
        Pattern.compile("(?m)^\\| `(drawbridge\\.[a-z.]+)` \\|([^|]*)\\|")
            .matcher(Files.readString(root.resolve("docs/debugging.md")));
    return sorted(
        rows.results()
            .map(row -> row.group(1) + row.group(2).replaceAll("[`,]", "").stripTrailing()));
  }

  private static List<String> all(Path file, String pattern) throws IOException {
    return sorted(
        Pattern.compile(pattern).matcher(Files.readString(file)).results().map(m -> m.group(1)));
  }

  private static List<String> sorted(Stream<String> lines) {
    return lines.distinct().sorted().toList();
  }
}
