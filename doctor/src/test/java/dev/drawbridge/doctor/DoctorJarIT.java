package dev.drawbridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packaged jar, alone. */
class DoctorJarIT {

  private static String run(String... arguments) throws Exception {
    Path jar;
    try (Stream<Path> files = Files.list(Path.of("target"))) {
      jar =
          files
              .filter(
                  file ->
                      file.getFileName()
                          .toString()
                          .matches("drawbridge-doctor-[0-9.]+(-SNAPSHOT)?\\.jar"))
              .findFirst()
              .orElseThrow();
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                jar.toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + "\n" + out;
  }

  @Test
  void runsByItselfAndSaysItsVersion() throws Exception {
    assertThat(run("--version")).matches("0\ndrawbridge-doctor \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\n");
  }

  @Test
  void examinesAndEndsWithTheStatusOfTheKind() throws Exception {
    try (Odd server = new Odd(Odd.answering("HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"))) {
      assertThat(run(server.url(), "--json"))
          .startsWith("19\n{")
          .contains("\"server_unreachable\"");
    }
  }
}
