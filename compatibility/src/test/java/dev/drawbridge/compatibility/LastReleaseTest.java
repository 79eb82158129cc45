package dev.drawbridge.compatibility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How large a step of the version has to be. */
class LastReleaseTest {
  @TempDir private Path folder;
  private SmallProject released;
  private SmallProject present;
  private String words = "";

  @BeforeEach
  void makeProjects() throws IOException {
    released = SmallProject.in(folder.resolve("released"));
    present = SmallProject.in(folder.resolve("present"));
  }

  private boolean mayFollow(String version) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    boolean fits =
        LastRelease.report(
            "v1.0.0", released.tree(), version, present.tree(), new PrintStream(out, true, UTF_8));
    words = out.toString(UTF_8);
    return fits;
  }

  @ParameterizedTest
  @CsvSource({"1.0.0", "1.0.1-SNAPSHOT", "1.1.0", "2.0.0"})
  void whatIsTheSameMayFollowInAnyStep(String version) throws IOException {
    assertThat(mayFollow(version)).isTrue();
    assertThat(words.strip()).isEqualTo(version + " may follow v1.0.0.");
  }

  @ParameterizedTest
  @CsvSource({"1.0.1-SNAPSHOT, false", "1.1.0-SNAPSHOT, false", "1.1.0, false", "2.0.0, true"})
  void onlyAMajorVersionTakesAMethodAway(String version, boolean may) throws IOException {
    present.source("public class Shop { public void buy() {} }");
    present.compile();

    assertThat(mayFollow(version)).isEqualTo(may);
    assertThat(words)
        .contains("shop: dev.drawbridge.shop.Shop.sell(): method removed")
        .contains(may ? "without having been deprecated" : "raise the first number");
  }

  @Test
  void whatWasDeprecatedGoesWithAMajorVersionAndNoFurtherWord() throws IOException {
    released.source("public class Shop { public void buy() {} @Deprecated public void sell() {} }");
    released.compile();
    present.source("public class Shop { public void buy() {} }");
    present.compile();

    assertThat(mayFollow("2.0.0")).isTrue();
    assertThat(words).contains("method removed").doesNotContain("having been deprecated");
  }

  @ParameterizedTest
  @CsvSource({"1.0.0, false", "1.0.1-SNAPSHOT, false", "1.1.0-SNAPSHOT, true", "2.0.0, true"})
  void aPatchAddsNothing(String version, boolean may) throws IOException {
    present.source(SmallProject.SHOP.replace("{ ", "{ public void rent() {} "));
    present.compile();

    assertThat(mayFollow(version)).isEqualTo(may);
    assertThat(words).contains("public void rent()").doesNotContain("BREAKS");
  }

  @ParameterizedTest
  @CsvSource({"1.1.0, false", "2.0.0, true"})
  void aCodeThatGoesBreaks(String version, boolean may) throws IOException {
    present.write("compatibility/recorded/codes.txt", "close 4400\nclose 4402\n");

    assertThat(mayFollow(version)).isEqualTo(may);
    assertThat(words).contains("codes.txt: gone or another: close 4401");
  }

  @Test
  void aPackageThatIsPublicNoMoreBreaks() throws IOException {
    present.write("CONTRIBUTING.md", "<!-- rooms -->\n| `shop` | a room | |\n<!-- /rooms -->\n");

    assertThat(mayFollow("1.1.0")).isFalse();
    assertThat(words).contains("dev.drawbridge.shop is no public package any more");
  }

  @ParameterizedTest
  @CsvSource({"0.9.9", "1.0", "next"})
  void aVersionIsThreeNumbersThatGrow(String version) {
    assertThatThrownBy(() -> mayFollow(version))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(version);
  }
}
