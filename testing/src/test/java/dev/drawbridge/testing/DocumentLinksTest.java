package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every relative link of every document leads to a file and, where it names one, to a heading, as
 * GitHub shows them.
 */
class DocumentLinksTest {
  private static final Pattern LINK =
      Pattern.compile("]\\(([^)\\s]+)\\)|<(?:img|source)[^>]* src(?:set)?=\"([^\"]+)\"");
  private static final Pattern HEADING = Pattern.compile("^#{1,6} +(.+)$", Pattern.MULTILINE);
  private static final Pattern CODE =
      Pattern.compile("^( *)```.*?^\\1```$|(?<!`)`[^`\\n]*`", Pattern.MULTILINE | Pattern.DOTALL);

  private final Map<Path, Set<String>> anchors = new HashMap<>();

  @Test
  void relativeLinksLeadToFilesAndHeadings() throws IOException {
    List<String> dead = new ArrayList<>();
    int links = 0;

    for (Path document : DocumentedNumbers.documents()) {
      Matcher link = LINK.matcher(CODE.matcher(Files.readString(document)).replaceAll("`"));
      while (link.find()) {
        String to = link.group(1) == null ? link.group(2) : link.group(1);
        if (!to.matches("[a-z]+:.*")) {
          links++;
          if (!leadsSomewhere(document, to)) {
            dead.add(document + ": " + to);
          }
        }
      }
    }

    assertThat(dead).isEmpty();
    assertThat(links).isGreaterThan(1000);
  }

  private boolean leadsSomewhere(Path document, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]).normalize();
    if (!Files.exists(target)) {
      return false;
    }
    return parts.length == 1
        || !target.toString().endsWith(".md")
        || anchors(target).contains(parts[1]);
  }

  private Set<String> anchors(Path document) throws IOException {
    Set<String> found = anchors.get(document);
    if (found == null) {
      found = new HashSet<>();
      String text = Files.readString(document).replaceAll("(?ms)^( *)```.*?^\\1```$", "");
      Matcher heading = HEADING.matcher(text);
      while (heading.find()) {
        String anchor = anchor(heading.group(1));
        String unique = anchor;
        for (int i = 1; !found.add(unique); i++) {
          unique = anchor + "-" + i;
        }
      }
      anchors.put(document, found);
    }
    return found;
  }

  /** As GitHub makes it of a heading; {@code site/slug.mjs} does the same. */
  private static String anchor(String heading) {
    return heading
        .replaceAll("\\[([^\\]]*)]\\([^)]*\\)", "$1")
        .replaceAll("<!--.*?-->", "")
        .strip()
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{M}\\p{N}\\p{Pc}\\- ]", "")
        .replace(' ', '-');
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Use it                                           | use-it
          4. How a page with a session login gets a token  | 4-how-a-page-with-a-session-login-gets-a-token
          `web.xml`: the order matters                     | webxml-the-order-matters
          Redis or SQL?                                    | redis-or-sql
          11. Channels, presence, resume                   | 11-channels-presence-resume
          """)
  void anchorsAreThoseOfGitHub(String heading, String anchor) {
    assertThat(anchor(heading)).isEqualTo(anchor);
  }
}
