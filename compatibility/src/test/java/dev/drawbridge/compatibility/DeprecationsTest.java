package dev.drawbridge.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is deprecated says since when and what to use instead: in Java both by the annotation and in
 * the comment, in TypeScript by the tag.
 */
class DeprecationsTest {
  private static final Path ROOT = Path.of("..");

  /** The last comment before it, with nothing between but other annotations and blanks. */
  private static final Pattern ANNOTATION =
      Pattern.compile("(?m)^ *(?:@\\w+ )*@Deprecated\\b(?:\\(([^)]*)\\))?");

  private static final Pattern SINCE = Pattern.compile("\\bsince = \"\\d+\\.\\d+(?:\\.\\d+)?\"");
  private static final Pattern TAG =
      Pattern.compile("@deprecated\\b([^@/]*(?:@(?:link|code)[^@/]*)*)");
  private static final Pattern INSTEAD = Pattern.compile("\\{@(?:link|code) [^}]+}|`[^`]+`");

  /** What is missing, a line for each deprecation in a source text of Java. */
  private static List<String> java(String source) {
    List<String> missing = new ArrayList<>();
    Matcher annotation = ANNOTATION.matcher(source);
    while (annotation.find()) {
      String arguments = annotation.group(1) == null ? "" : annotation.group(1);
      if (!SINCE.matcher(arguments).find()) {
        missing.add("@Deprecated(since = \"1.2\")");
      }
      String before = source.substring(0, annotation.start());
      int end = before.lastIndexOf("*/");
      boolean own =
          end >= 0 && before.substring(end + 2).matches("(?s)\\s*(?:@\\w+(?:\\([^)]*\\))?\\s*)*");
      String comment = own ? before.substring(before.lastIndexOf("/**"), end) : "";
      missing.addAll(tag(comment));
    }
    return missing;
  }

  private static List<String> tag(String comment) {
    Matcher tag = TAG.matcher(comment);
    if (!tag.find()) {
      return List.of("@deprecated in the comment");
    }
    return INSTEAD.matcher(tag.group(1)).find()
        ? List.of()
        : List.of("what to use instead of it, as {@link} or `code`");
  }

  /** The same of TypeScript, where the tag says all: {@code @deprecated since 1.2, use `b`}. */
  private static List<String> typeScript(String source) {
    List<String> missing = new ArrayList<>();
    Matcher comments = Pattern.compile("/\\*\\*(?:[^*]|\\*(?!/))*\\*/").matcher(source);
    while (comments.find()) {
      if (comments.group().contains("@deprecated")) {
        missing.addAll(tag(comments.group()));
        if (!Pattern.compile("@deprecated since \\d+\\.\\d+").matcher(comments.group()).find()) {
          missing.add("@deprecated since 1.2");
        }
      }
    }
    return missing;
  }

  @Test
  void everyDeprecationSaysSinceWhenAndWhatInstead() throws IOException {
    List<String> missing = new ArrayList<>();
    int files = 0;
    for (String module : new SourceTree(ROOT).modules().keySet()) {
      for (Path file : files(ROOT.resolve(module).resolve("src/main/java"), ".java")) {
        files++;
        java(Files.readString(file)).forEach(line -> missing.add(file + ": " + line));
      }
    }
    for (Path file : files(ROOT.resolve("client/src"), ".ts")) {
      files++;
      typeScript(Files.readString(file)).forEach(line -> missing.add(file + ": " + line));
    }

    assertThat(missing).as("docs/upgrading.md").isEmpty();
    assertThat(files).isGreaterThan(100);
  }

  private static List<Path> files(Path folder, String end) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(end)).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "  @Deprecated\n  void a() {}",
        "  /** Goes. */\n  @Deprecated(since = \"1.2\")\n  void a() {}",
        "  /**\n   * @deprecated it is old\n   */\n  @Deprecated(since = \"1.2\")\n  void a() {}",
        "  /**\n   * @deprecated use {@link #b()}\n   */\n  @Deprecated\n  void a() {}",
        """
        /**
         * @deprecated use {@link #b()}
         */
        @Deprecated(since = "")
        void a() {}\
        """,
        """
        /**
         * @deprecated use {@link #b()}
         */
        void b() {}
        @Deprecated(since = "1.2")
        void a() {}\
        """,
        "@Deprecated(forRemoval = true) class A {}"
      })
  void whatSaysTooLittleIsFoundInJava(String source) {
    assertThat(java(source)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "  void a() {}",
        "  /** Not {@code @Deprecated}. */\n  void a() {}",
        """
        /**
         * @deprecated use {@link #b()}
         */
        @Deprecated(since = "1.2")
        void a() {}\
        """,
        """
        /**
         * @deprecated use {@link #b()}
         */
        @SuppressWarnings("x")
        @Deprecated(since = "1.2.3", forRemoval = true)
        void a() {}\
        """
      })
  void whatSaysEnoughIsNotFoundInJava(String source) {
    assertThat(java(source)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/** @deprecated */ a: string;",
        "/** @deprecated since 1.2 */ a: string;",
        "/** @deprecated use `b` */ a: string;"
      })
  void whatSaysTooLittleIsFoundInTypeScript(String source) {
    assertThat(typeScript(source)).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/** A. */ a: string;", "/** @deprecated since 1.2, use `b` */ a: string;"})
  void whatSaysEnoughIsNotFoundInTypeScript(String source) {
    assertThat(typeScript(source)).isEmpty();
  }
}
