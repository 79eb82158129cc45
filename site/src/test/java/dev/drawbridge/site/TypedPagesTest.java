package dev.drawbridge.site;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Ports;
import dev.drawbridge.testing.ProjectCopy;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pages to begin with, typed as they are printed by somebody who has the sources and an empty
 * Maven repository. What the build around has fetched comes from its repository, the rest from
 * where Maven fetches it. The second page is typed by who has typed the first: nothing of ours is
 * in the repository then, but libraries of others are; {@code -Dtyped.pages.apart=true} begins
 * anew.
 */
class TypedPagesTest {
  /** With the first commands, everything is compiled and fetched. */
  private static final Duration PATIENCE = Duration.ofMinutes(8);

  private static final Path FOLDER = Path.of("target", "typed-pages").toAbsolutePath();
  private static final Path PROJECT = FOLDER.resolve("project");
  private static final Path REPOSITORY = FOLDER.resolve("repository");

  /** A page was typed here to its end. */
  private static boolean used;

  private final int port = Ports.free();
  private final List<Terminal.Output> running = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(strings = {"docs/getting-started.md", "docs/legacy-web-application.md"})
  void aPageDoesWhatItSays(String page) throws Exception {
    List<Step> steps = Step.of(page);
    if (!used || Boolean.getBoolean("typed.pages.apart")) {
      ProjectCopy.make(Snippet.ROOT, PROJECT);
      ProjectCopy.delete(REPOSITORY);
    }
    used = false;
    ProjectCopy.delete(REPOSITORY.resolve("dev").resolve("drawbridge"));
    Path scripts = FOLDER.resolve(page);
    ProjectCopy.delete(scripts);
    Files.createDirectories(scripts);
    Path bin = maven();

    assertThat(steps).hasSizeGreaterThan(8);
    assertThat(steps.get(steps.size() - 1)).isInstanceOf(Step.Stop.class);
    try (Terminal terminal = new Terminal(PROJECT, scripts, builder -> prepare(builder, bin))) {
      for (Step step : steps) {
        take(step, page + ":" + step.line(), terminal);
      }
    }
    used = true;
  }

  private void take(Step step, String place, Terminal terminal) throws Exception {
    if (step instanceof Step.WrittenFile file) {
      Path path = terminal.folder().resolve(file.path());
      Files.createDirectories(path.getParent());
      Files.writeString(path, here(file.text()));
    } else if (step instanceof Step.Command command) {
      type(command, place, terminal);
    } else {
      for (Terminal.Output each : running) {
        terminal.interrupt(each);
      }
      running.clear();
      eventually("port " + port + " is free", this::portIsFree);
    }
  }

  private void type(Step.Command command, String place, Terminal terminal) throws Exception {
    String text = here(command.text());
    List<String> prints = command.prints().stream().map(this::here).toList();
    Terminal.Output output;
    if (command.background()) {
      output = terminal.start(text);
      running.add(output);
      terminal.await(output, prints, PATIENCE);
    } else {
      output = terminal.run(text, PATIENCE);
      assertThat(output.status())
          .as("exit status of %s: %s%s", place, text, output.text())
          .isEqualTo("0");
    }
    String printed = output.text();
    assertThat(prints)
        .as("%s: %s%s", place, text, printed)
        .allSatisfy(each -> assertThat(printed).contains(each));
  }

  /** The printed port may be taken here, where several builds run. */
  private String here(String text) {
    return text.replace(":8080", ":" + port);
  }

  private boolean portIsFree() {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private void prepare(ProcessBuilder builder, Path bin) {
    Map<String, String> environment = builder.environment();
    // Settings of who runs the build are none of the page's.
    environment
        .keySet()
        .removeIf(
            name ->
                name.startsWith("DRAWBRIDGE_")
                    || name.equals("ENVIRONMENT")
                    || name.contains("WEBSOCKET_")
                    || name.equals("MAVEN_CMD_LINE_ARGS"));
    environment.merge("MAVEN_OPTS", "-Djetty.http.port=" + port, (old, ours) -> old + " " + ours);
    environment.merge("PATH", bin.toString(), (old, ours) -> ours + File.pathSeparator + old);
  }

  /** A folder with the {@code mvn} of the build around, on an empty repository. */
  private static Path maven() throws IOException {
    Path bin = Files.createDirectories(FOLDER.resolve("bin"));
    Path settings = Files.writeString(bin.resolve("settings.xml"), settings());
    Path script =
        Files.writeString(
            bin.resolve("mvn"),
            """
            #!/bin/sh
            exec '%s/bin/mvn' -B --no-transfer-progress -gs '%s' -Dmaven.repo.local='%s' "$@"
            """
                .formatted(System.getProperty("maven.home"), settings, REPOSITORY));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return bin;
  }

  /**
   * Asks the repository of the build around first, whose layout is that of a remote one but for
   * what is ours: {@code snapshots} are off.
   */
  private static String settings() {
    String repository =
        """
        <id>around</id>
        <url>%s</url>
        <releases><updatePolicy>never</updatePolicy><checksumPolicy>ignore</checksumPolicy></releases>
        <snapshots><enabled>false</enabled></snapshots>
        """
            .formatted(Path.of(System.getProperty("maven.repo.local")).toUri());
    return """
    <settings>
      <profiles><profile>
        <id>around</id>
        <repositories><repository>%1$s</repository></repositories>
        <pluginRepositories><pluginRepository>%1$s</pluginRepository></pluginRepositories>
      </profile></profiles>
      <activeProfiles><activeProfile>around</activeProfile></activeProfiles>
    </settings>
    """
        .formatted(repository);
  }
}
