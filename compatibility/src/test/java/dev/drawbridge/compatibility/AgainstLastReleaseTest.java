package dev.drawbridge.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code against-last-release.sh} in a project with a history and tags of its own. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class AgainstLastReleaseTest {
  private static final Path SCRIPT = Path.of("against-last-release.sh").toAbsolutePath();

  @TempDir private Path folder;
  private SmallProject project;
  private Path compiled;

  private record Answer(int status, String words) {}

  @BeforeEach
  void makeProject() throws Exception {
    // What a build of the release makes of its sources.
    compiled = SmallProject.in(folder.resolve("compiled")).root.resolve("shop/target");
    project = SmallProject.in(folder.resolve("project"));
    project.write(".gitignore", "target/\n");
    git("init", "-q");
    commit("Begin");
  }

  private void commit(String message) throws Exception {
    git("add", "-A", ".");
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", message);
  }

  private void git(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    Answer answer = run(Map.of(), command);
    assertThat(answer.status()).as(answer.words()).isZero();
  }

  private Answer check() throws Exception {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return run(
        Map.of(
            "BUILD",
            "cp -r " + compiled + " shop/target",
            "COMPARER",
            Arrays.stream(classPath.split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator))),
        List.of("bash", SCRIPT.toString(), project.root.toString()));
  }

  private Answer run(Map<String, String> environment, List<String> command) throws Exception {
    Path log = folder.resolve("log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(project.root.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new Answer(process.exitValue(), Files.readString(log));
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void withoutATagOfAReleaseThereIsNothingToCompareWith() throws Exception {
    git("tag", "some-tag");
    git("tag", "v1.0.0");

    Answer answer = check();

    // The only release is this one.
    assertThat(answer.words()).contains("no release to compare with", "compatibility/recorded");
    assertThat(answer.status()).isZero();
  }

  @Test
  void aBreakBehindTheTagIsRefused() throws Exception {
    git("tag", "v1.0.0");
    project.version("1.1.0-SNAPSHOT");
    project.source("public class Shop { public void buy() {} }");
    commit("Sell no more");
    project.compile();

    Answer answer = check();

    assertThat(answer.words())
        .contains("building v1.0.0")
        .contains("BREAKS: shop: dev.drawbridge.shop.Shop.sell(): method removed")
        .contains("docs/upgrading.md");
    assertThat(answer.status()).isEqualTo(1);
  }

  /**
   * The commit of a release is compared with the release before it, whether it has its tag or not.
   */
  @Test
  void theNewestTagBeforeThisCommitCounts() throws Exception {
    git("tag", "v0.9.0");
    project.write("CHANGELOG.md", "1.0.0");
    commit("Go on");
    git("tag", "v1.0.0");
    project.version("1.1.0");
    project.source(SmallProject.SHOP.replace("{ ", "{ public void rent() {} "));
    commit("Rent");
    git("tag", "v1.1.0");
    project.compile();

    Answer answer = check();

    assertThat(answer.words())
        .contains("building v1.0.0", "new, as a minor version may have it: ")
        .contains("1.1.0 may follow v1.0.0.");
    assertThat(answer.status()).isZero();
  }
}
