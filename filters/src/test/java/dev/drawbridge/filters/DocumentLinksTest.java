package dev.drawbridge.filters;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every relative link of the papers in the root leads somewhere. */
class DocumentLinksTest {
  private static final Pattern LINK = Pattern.compile("]\\(([^):#]+)\\)");

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "CONTRIBUTING.md", "PROTOCOL.md", "CHANGELOG.md"})
  void relativeLinksLeadToFiles(String document) throws IOException {
    Path root = Path.of("..").toRealPath();
    List<String> dead = new ArrayList<>();

    Matcher links = LINK.matcher(Files.readString(root.resolve(document)));
    while (links.find()) {
      if (!Files.exists(root.resolve(links.group(1)))) {
        dead.add(links.group(1));
      }
    }

    assertThat(dead).isEmpty();
  }
}
