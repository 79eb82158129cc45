package dev.drawbridge.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.tools.ant.launch.Launcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the READMEs say of the build: what it needs, and what its one command runs. */
class BuildPromisesTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** What {@code test.sh} looks for on the machine. */
  private static final Pattern NEED = Pattern.compile("^need (\\S+) \\S+$", Pattern.MULTILINE);

  @TempDir Path folder;

  private record Output(int status, List<String> lines) {}

  private static String text(String file) throws IOException {
    return Files.readString(ROOT.resolve(file));
  }

  private static String first(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher.group(1);
  }

  /** Runs a command in a folder with nothing in its environment but what is given. */
  private static Output run(Path folder, Map<String, String> environment, String... command)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Path output = Files.createTempFile("output", ".txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new Output(process.exitValue(), Files.readAllLines(output));
    } finally {
      process.destroyForcibly();
      Files.delete(output);
    }
  }

  @Test
  void jdkAndMavenOfTheReadmeAreThoseThatTheBuildAsksFor() throws IOException {
    String readme = text("README.md");
    String pom = text("pom.xml");

    String jdk = first("a JDK (\\d+) or newer", readme);
    assertThat(first("<maven.compiler.release>(\\d+)<", pom)).isEqualTo(jdk);
    assertThat(first("<requireJavaVersion>\\s*<version>\\[(\\d+),\\)<", pom)).isEqualTo(jdk);
    assertThat(first("<requireMavenVersion>\\s*<version>\\[([\\d.]+),\\)<", pom))
        .isEqualTo(first("Maven (\\d+\\.\\d+\\.\\d+) or newer", readme));
  }

  /** And {@code test.sh} leaves none of them out. */
  @Test
  void everyModuleIsBuiltByTheRoot() throws IOException {
    String pom = text("pom.xml");
    List<String> modules = new ArrayList<>();
    Matcher module = Pattern.compile("<module>([^<]+)</module>").matcher(pom);
    while (module.find()) {
      modules.add(module.group(1));
    }
    List<String> folders = new ArrayList<>();
    for (Path parent :
        List.of(
            ROOT,
            ROOT.resolve("spring-boot-starter"),
            ROOT.resolve("examples"),
            ROOT.resolve("examples").resolve("spring-boot"))) {
      try (Stream<Path> children = Files.list(parent)) {
        children
            .filter(child -> Files.exists(child.resolve("pom.xml")))
            .forEach(child -> folders.add(ROOT.relativize(child).toString()));
      }
    }

    assertThat(modules).containsExactlyInAnyOrderElementsOf(folders);
    assertThat(pom).doesNotContain("<skipTests>true");
  }

  /**
   * A folder with all that {@code test.sh} looks for and with a Maven that writes what it is told.
   */
  private Path machine(String... missing) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    for (String tool : List.of("dirname", "uname", "env")) {
      String real = Files.exists(Path.of("/usr/bin", tool)) ? "/usr/bin/" : "/bin/";
      script(bin.resolve(tool), "exec " + real + tool + " \"$@\"");
    }
    Files.copy(ROOT.resolve("test.sh"), folder.resolve("test.sh"));
    script(folder.resolve("release-check.sh"), "echo release-check \"$@\"");
    script(
        bin.resolve("mvn"),
        "echo mvn \"$@\" browsers=$REQUIRE_BROWSERS node=$REQUIRE_NODE proxies=$REQUIRE_PROXIES");
    Matcher need = NEED.matcher(text("test.sh"));
    int needs = 0;
    while (need.find()) {
      needs++;
      if (!List.of(missing).contains(need.group(1))) {
        script(bin.resolve(need.group(1)), "echo false");
      }
    }
    assertThat(needs).isGreaterThan(8);
    return bin;
  }

  private static void script(Path file, String line) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + line + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void oneCommandRunsAllTestsAndThenTheCheckOfTheRelease() throws Exception {
    Path bin = machine();

    Output output = run(folder, Map.of("PATH", bin.toString()), "/bin/bash", "test.sh");

    assertThat(output.status()).isZero();
    assertThat(output.lines())
        .containsExactly(
            "mvn -B --no-transfer-progress -T 2 -Dchecks verify -Dsurefire.rerunFailingTestsCount=1"
                + " -Dfailsafe.rerunFailingTestsCount=1 browsers=true node=true proxies=true",
            "release-check --built");
  }

  @Test
  void browsersAreInstalledWhereAptIsAtHand() throws Exception {
    Path bin = machine("chromium", "firefox-esr");
    script(bin.resolve("id"), "echo 0");
    script(bin.resolve("apt-get"), "echo apt-get \"$@\" >&2");

    Output output = run(folder, Map.of("PATH", bin.toString()), "/bin/bash", "test.sh");

    assertThat(output.lines())
        .contains("Installing: chromium firefox-esr")
        .anyMatch(
            line -> line.startsWith("apt-get install") && line.endsWith(" chromium firefox-esr"))
        .anyMatch(
            line ->
                line.startsWith("mvn ") && line.endsWith("browsers=true node=true proxies=true"));
  }

  @Test
  void whatIsNotThereIsNamedAndTheRestIsRun() throws Exception {
    Path bin = machine("chromium");
    script(bin.resolve("id"), "echo 1000");

    Output output = run(folder, Map.of("PATH", bin.toString()), "/bin/bash", "test.sh");

    assertThat(output.status()).isZero();
    assertThat(output.lines())
        .contains("Not on this machine, so their tests are skipped: chromium")
        .anyMatch(line -> line.startsWith("mvn ") && line.endsWith("browsers= node= proxies="));
  }

  /** Ant, as Maven's plugin runs it, where there is no Node. */
  private Output clientWithoutNode(Map<String, String> more) throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PATH", folder.toString());
    return run(
        folder,
        environment,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-cp",
        System.getProperty("java.class.path"),
        Launcher.MAIN_CLASS,
        "-f",
        ROOT.resolve("client").resolve("check.xml").toString());
  }

  @Test
  void withoutNodeTheClientsChecksAreSkippedWithAWarning() throws Exception {
    Output output = clientWithoutNode(Map.of());

    assertThat(output.status()).isZero();
    assertThat(String.join("\n", output.lines()))
        .contains(
            "The client's type check and tests are skipped: they need Node", "BUILD SUCCESSFUL")
        .doesNotContain("npm");
  }

  @Test
  void whoRequiresNodeIsRefusedWithoutIt() throws Exception {
    Output output = clientWithoutNode(Map.of("REQUIRE_NODE", "true"));

    assertThat(output.status()).isNotZero();
    assertThat(String.join("\n", output.lines())).contains("REQUIRE_NODE forbids to skip them");
  }

  @Test
  void nodeOfTheReadmeIsTheOneThatTheBuildAsksFor() throws IOException {
    String node = first("tests with Node (\\d+\\.\\d+) or newer", text("client/README.md"));

    assertThat(text("client/README.md")).contains("builds the package with Node " + node);
    assertThat(text("client/check.xml")).contains("localeCompare('" + node + "',");
    assertThat(text("test.sh")).contains("localeCompare(\"" + node + "\",");
  }

  /** The libraries that come with the jars, beside those that an application had. */
  @Test
  void versionsOfTheDropInTestsAreThoseOfTheBuild() throws IOException {
    String pom = text("pom.xml");
    Map<String, String> properties =
        Map.of(
            "Caffeine",
            "caffeine",
            "Jackson core, databind, annotations",
            "jackson",
            "SLF4J",
            "slf4j");
    int rows = 0;
    for (String line : text("dropin/README.md").lines().toList()) {
      String[] cells = line.split(" *\\| *", -1);
      if (cells.length == 6 && properties.containsKey(cells[1])) {
        rows++;
        assertThat(cells[3])
            .as(cells[1])
            .isEqualTo(first("<" + properties.get(cells[1]) + "\\.version>([^<]+)<", pom));
      }
    }
    assertThat(rows).isEqualTo(properties.size());
  }
}
