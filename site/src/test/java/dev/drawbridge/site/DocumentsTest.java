package dev.drawbridge.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documents as Markdown: each is shown as it is meant, on GitHub and on the site. */
class DocumentsTest {
  private static final Pattern FENCE = Pattern.compile("^\\s*```");
  private static final Pattern RULE = Pattern.compile("\\s*\\|(?:\\s*:?-+:?\\s*\\|)+\\s*");
  private static final Pattern ITEM = Pattern.compile("^\\s*(?:[-*]|\\d+\\.) ");
  private static final Pattern IMAGE =
      Pattern.compile("<img\\b[^>]*>|!\\[([^\\]]*)\\]\\(", Pattern.DOTALL);
  private static final Pattern ENTITY = Pattern.compile("&(?:lt|gt|amp);");

  /** A line outside of fenced blocks, with its number from 1. */
  private record Line(int number, String text) {}

  private static List<Line> prose(String document) {
    List<Line> lines = new ArrayList<>();
    boolean code = false;
    int number = 0;
    for (String text : Snippet.read(document).lines().toList()) {
      number++;
      if (FENCE.matcher(text).find()) {
        code = !code;
      } else if (!code) {
        lines.add(new Line(number, text));
        continue;
      }
      lines.add(new Line(number, "```"));
    }
    return lines;
  }

  /** A row behind an empty line is no row any more but a line full of bars. */
  @Test
  void eachRowIsOfATableAndHasItsCells() {
    List<String> wrong = new ArrayList<>();
    int rows = 0;
    for (String document : Snippet.documents()) {
      List<Line> lines = prose(document);
      for (int i = 0; i < lines.size(); i++) {
        if (!lines.get(i).text().startsWith("|")) {
          continue;
        }
        boolean head = i + 1 < lines.size() && RULE.matcher(lines.get(i + 1).text()).matches();
        int cells = cells(lines.get(i));
        for (; i < lines.size() && lines.get(i).text().startsWith("|"); i++) {
          rows++;
          if (!head || cells(lines.get(i)) != cells) {
            wrong.add(document + ":" + lines.get(i).number());
          }
        }
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(rows).isGreaterThan(800);
  }

  private static int cells(Line row) {
    return row.text().strip().split("(?<!\\\\)\\|", -1).length - 2;
  }

  /** They have no language, so nobody tries what they show. */
  @Test
  void noBlockIsMadeByIndentation() {
    List<String> found = new ArrayList<>();
    for (String document : Snippet.documents()) {
      boolean list = false;
      String before = "";
      for (Line line : prose(document)) {
        String text = line.text();
        list = ITEM.matcher(text).find() || (list && (text.isEmpty() || text.startsWith(" ")));
        if (!list && before.isEmpty() && text.startsWith("    ")) {
          found.add(document + ":" + line.number());
        }
        before = text;
      }
    }

    assertThat(found).isEmpty();
  }

  @Test
  void betweenBackticksAnEntityWouldBeShownAsOne() {
    List<String> found = new ArrayList<>();
    for (String document : Snippet.documents()) {
      for (Line line : prose(document)) {
        String[] parts = line.text().split("`", -1);
        for (int i = 1; i < parts.length - 1; i += 2) {
          if (ENTITY.matcher(parts[i]).find()) {
            found.add(document + ":" + line.number());
          }
        }
      }
    }

    assertThat(found).isEmpty();
  }

  @Test
  void eachPictureIsToldInWords() {
    int pictures = 0;
    for (String document : Snippet.documents()) {
      Matcher image =
          IMAGE.matcher(prose(document).stream().map(Line::text).collect(Collectors.joining("\n")));
      while (image.find()) {
        pictures++;
        String words =
            image.group(1) == null
                ? image.group().replaceAll("(?s).*\\balt=\"([^\"]*)\".*", "$1")
                : image.group(1);
        assertThat(words).as("%s: %s", document, image.group()).hasSizeGreaterThan(30);
        assertThat(words).doesNotContain("<");
      }
    }

    assertThat(pictures).isGreaterThan(3);
  }

  @Test
  void noTableSaysARowTwice() {
    List<String> twice = new ArrayList<>();
    for (String document : Snippet.documents()) {
      Set<String> rows = new HashSet<>();
      for (Line line : prose(document)) {
        if (!line.text().startsWith("|")) {
          rows.clear();
        } else if (line.text().length() > 80 && !rows.add(firstCells(line))) {
          twice.add(document + ":" + line.number());
        }
      }
    }

    assertThat(twice).isEmpty();
  }

  /** The first cell and the next one, which tell a row from the others. */
  private static String firstCells(Line row) {
    return Stream.of(row.text().split("\\|", -1)).limit(3).collect(Collectors.joining("|"));
  }

  /** Who reads the site finds each page without a search. */
  @Test
  void eachPageIsInTheSideBar() throws IOException {
    Path site = Path.of("target", "site");
    Path index = site.resolve("index.html");
    assumeTrue(
        Files.exists(index) || "true".equals(System.getenv("REQUIRE_NODE")),
        "the site is built by Node");
    String html = Files.readString(index);
    String bar = html.substring(html.indexOf("<aside class=\"VPSidebar\""));
    Set<String> linked =
        Pattern.compile("href=\"/([^\"#]*)\"")
            .matcher(bar.substring(0, bar.indexOf("</aside>")))
            .results()
            .map(link -> link.group(1).isEmpty() ? "index.html" : link.group(1))
            .collect(Collectors.toCollection(TreeSet::new));

    Set<String> pages;
    try (Stream<Path> files = Files.walk(site)) {
      pages =
          files
              .map(file -> site.relativize(file).toString().replace('\\', '/'))
              .filter(file -> file.endsWith(".html") && !file.equals("404.html"))
              .collect(Collectors.toCollection(TreeSet::new));
    }

    assertThat(linked).isEqualTo(pages);
  }
}
