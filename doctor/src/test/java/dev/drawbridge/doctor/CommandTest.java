package dev.drawbridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.doctor.DoctorRun.By;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Both programs as processes: signals, environment, files. */
class CommandTest {
  @TempDir Path folder;

  private static Process start(By by, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    if (by.present() == By.JAVA) {
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp"));
      command.add(System.getProperty("java.class.path"));
      command.add(Doctor.class.getName());
    } else {
      command.addAll(List.of("node", "../client/target/dist/doctor.js"));
    }
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    for (String proxy : List.of("HTTP_PROXY", "http_proxy", "ALL_PROXY", "NO_PROXY", "no_proxy")) {
      builder.environment().remove(proxy);
    }
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static String read(InputStream in) throws Exception {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  /**
   * By Ctrl-C's signal, or by SIGTERM where the tests were started in the background: SIGINT is
   * ignored there, by all that comes of them.
   */
  private static void interrupt(Process process) throws Exception {
    new ProcessBuilder("kill", ignoresInterrupts() ? "-TERM" : "-INT", "" + process.pid())
        .start()
        .waitFor();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  private static boolean ignoresInterrupts() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    String ignored =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElse("SigIgn: 0");
    long signals = Long.parseUnsignedLong(ignored.substring("SigIgn:".length()).strip(), 16);
    return (signals & 2) != 0;
  }

  @ParameterizedTest
  @EnumSource(By.class)
  void ctrlCEndsAWatchAndWhatWasSeenIsSaid(By by) throws Exception {
    Path report = folder.resolve("report.json");
    CountDownLatch open = new CountDownLatch(1);
    Odd.Manners manners =
        (in, out) -> {
          open.countDown();
          Odd.answeringPings(in, out);
        };
    try (Odd server = new Odd(Odd.websocket(manners))) {
      Process process =
          start(
              by,
              Map.of(),
              "--watch",
              "10m",
              "--json",
              "--report",
              report.toString(),
              server.url());
      assertThat(open.await(20, TimeUnit.SECONDS)).isTrue();

      interrupt(process);
      JsonNode told = new ObjectMapper().readTree(read(process.getInputStream()));

      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(130);
      assertThat(told.path("code").asText()).isEqualTo("interrupted");
      assertThat(told.path("steps")).hasSize(Step.values().length);
      assertThat(new ObjectMapper().readTree(report.toFile())).isEqualTo(told);
    }
  }

  @ParameterizedTest
  @EnumSource(By.class)
  void aReportThatCannotBeWrittenIsSaidBeforeAnythingIsDone(By by) throws Exception {
    Path nowhere = folder.resolve("not").resolve("there.json");

    Process process = start(by, Map.of(), "--report", nowhere.toString(), "ws://127.0.0.1:1/ws");

    assertThat(read(process.getInputStream())).isEmpty();
    assertThat(read(process.getErrorStream()))
        .isEqualTo("drawbridge-doctor: the report cannot be written\n");
    assertThat(process.waitFor()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"JAVA, , true", "NODE, , true", "JAVA, '.0.0.1,b', false", "NODE, '.0.0.1,b', false"})
  void aProxyOfTheEnvironmentIsNamedWhereThereIsNoWay(By by, String passed, boolean named)
      throws Exception {
    Map<String, String> environment =
        Map.of("HTTP_PROXY", "http://u:secret@proxy", "NO_PROXY", passed == null ? "" : passed);

    Process process = start(by, environment, "ws://127.0.0.1:1/ws");
    String out = read(process.getInputStream());

    assertThat(process.waitFor()).isEqualTo(11);
    assertThat(out.contains("HTTP_PROXY names a proxy here")).as(out).isEqualTo(named);
    assertThat(out).doesNotContain("secret");
  }

  /** As with {@code | head -1}: the status is that of what was found. */
  @ParameterizedTest
  @EnumSource(By.class)
  void whoReadsNoFurtherDoesNotChangeTheStatus(By by) throws Exception {
    try (Odd server = new Odd(Odd.websocket(Odd::answeringPings))) {
      Process process = start(by, Map.of(), "--watch", "200ms", server.url());
      process.getInputStream().close();

      assertThat(read(process.getErrorStream())).isEmpty();
      assertThat(process.waitFor()).isZero();
    }
  }

  /** As editors, {@code echo} and PowerShell leave it. */
  @ParameterizedTest
  @EnumSource(By.class)
  void whatFilesHaveAroundATokenDoesNoHarm(By by) throws Exception {
    for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE)) {
      Path file = folder.resolve(charset.name());
      Files.write(file, "\uFEFFaaa.bbb.ccc\r\n".getBytes(charset));
      try (Odd server = new Odd(Odd.websocket(Odd::answeringPings))) {
        Process process =
            start(by, Map.of(), "--json", "--token-file", file.toString(), server.url());
        JsonNode told = new ObjectMapper().readTree(read(process.getInputStream()));

        assertThat(process.waitFor()).isZero();
        assertThat(told.at("/steps/5/detail").asText())
            .isEqualTo("its header or payload is no JSON object in base64url");
      }
    }
  }
}
