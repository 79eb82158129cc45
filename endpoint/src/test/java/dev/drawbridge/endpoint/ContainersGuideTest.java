package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.transport.Promise;
import dev.drawbridge.endpoint.internal.transport.Traits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The table of docs/containers.md is that of the code; with {@code -Dguide.write=true} it is
 * written anew.
 */
class ContainersGuideTest {
  private static final Path GUIDE = Path.of("..", "docs", "containers.md");
  private static final String START = "<!-- traits -->\n";

  @Test
  void tableIsThatOfTheTraits() throws IOException {
    String page = Files.readString(GUIDE);
    int from = page.indexOf(START) + START.length();
    int to = page.indexOf("<!-- end -->", from);
    String generated = page.substring(0, from) + table() + page.substring(to);
    if (Boolean.getBoolean("guide.write")) {
      Files.writeString(GUIDE, generated);
    }

    assertThat(Files.readString(GUIDE))
        .as("docs/containers.md; -Dguide.write=true writes it anew")
        .isEqualTo(generated);
  }

  @Test
  void eachPromiseOfTheTableIsKeptBySomeAndNotByAll() {
    for (Promise promise : Promise.values()) {
      assertThat(Arrays.stream(Traits.values()).filter(each -> each.weaker(promise).isEmpty()))
          .as(promise.name())
          .isNotEmpty()
          .hasSizeLessThan(Traits.values().length);
    }
  }

  private static String table() {
    StringBuilder table = new StringBuilder("| promise | ");
    table.append(row(Arrays.stream(Traits.values()).map(each -> "`" + each.way() + "`")));
    table.append("|---".repeat(Traits.values().length + 1)).append("|\n| | ");
    table.append(row(Arrays.stream(Traits.values()).map(Traits::where)));
    for (Promise promise : Promise.values()) {
      table.append("| ").append(promise.text()).append(" | ");
      table.append(
          row(Arrays.stream(Traits.values()).map(each -> each.weaker(promise).orElse("✓"))));
    }
    return table.toString();
  }

  private static String row(java.util.stream.Stream<String> cells) {
    return cells.collect(Collectors.joining(" | ")) + " |\n";
  }
}
