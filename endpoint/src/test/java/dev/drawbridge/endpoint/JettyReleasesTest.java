package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.internal.transport.jetty.JettyReleases;
import jakarta.servlet.ServletException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The endpoint on the oldest and on the newest release of Jetty that its README names. */
class JettyReleasesTest {
  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  @ParameterizedTest
  @CsvSource({"jetty.oldest,ee10,jetty-api", "jetty.newest,ee11,jetty-direct"})
  void connectionsOpenTalkAndAreSeenToClose(String release, String ee, String way)
      throws Exception {
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath(Path.of("target", release)),
                JettyReleaseProgram.class.getName(),
                ee)
            .redirectErrorStream(true)
            .start();
    String output;
    try {
      output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(program.waitFor(5, TimeUnit.SECONDS)).isTrue();
    } finally {
      program.destroyForcibly();
    }

    assertThat(output).contains("jetty " + System.getProperty(release) + " " + ee + " " + way);
  }

  /** The tests' own, with that release instead of the pinned one. */
  private static String classPath(Path release) throws IOException {
    try (Stream<Path> jars = Files.list(release)) {
      Stream<String> others =
          Arrays.stream(CLASS_PATH.split(File.pathSeparator))
              .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("jetty-"));
      return Stream.concat(jars.map(Path::toString), others)
          .collect(Collectors.joining(File.pathSeparator));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"jetty/12.0.6", "jetty/12.0.0", "jetty/11.0.20", "jetty/9.4.57.v20241219"})
  void olderReleaseIsRefusedWithTheVersionThatIsNeeded(String serverInfo) {
    assertThatThrownBy(() -> JettyReleases.refuseOld(serverInfo))
        .isInstanceOf(ServletException.class)
        .hasMessageContaining("12.0.7 or newer")
        .hasMessageEndingWith(serverInfo);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jetty/12.0.7",
        "jetty/12.0.36",
        "jetty/12.1.0",
        "jetty/12.1.14",
        "jetty/12.2.0.alpha1",
        "jetty/13.0.0",
        "jetty/12.1.x-SNAPSHOT",
        "Apache Tomcat/11.0.27",
        ""
      })
  void otherServersAreNotRefusedForTheirAge(String serverInfo) {
    assertThatCode(() -> JettyReleases.refuseOld(serverInfo)).doesNotThrowAnyException();
  }

  @Test
  void readmeNamesTheReleasesThatAreTried() throws IOException {
    String readme = Files.readString(Path.of("README.md"));

    assertThat(readme)
        .contains("Jetty " + System.getProperty("jetty.oldest") + " or newer")
        .contains(System.getProperty("jetty.newest"));
  }
}
