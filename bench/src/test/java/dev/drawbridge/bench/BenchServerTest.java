package dev.drawbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BenchServerTest {

  @ParameterizedTest
  @ValueSource(classes = {BenchServer.class, TomcatBenchServer.class})
  void theProgramServesItsUsersAndSaysBackWhatItIsSent(Class<?> main) throws Exception {
    Process program = start(main, "--secret", TestTokens.SECRET, "--users", "3");
    try (BufferedReader out = program.inputReader()) {
      URI uri = URI.create("ws://127.0.0.1:" + port(out) + "/ws");

      try (RecordingClient last = RecordingClient.connect(uri, new TestTokens().of("user-2"))) {
        assertThat(last.request("echo", Map.of("text", "hi")).toString())
            .contains("\"data\":{\"text\":\"hi\"}");
        assertThat(last.request("echo", Map.of("text", "hi", "n", List.of(1, 2))).toString())
            .contains("\"data\":{\"text\":\"hi\",\"n\":[1,2]}");
        last.leave();
      }
    } finally {
      program.destroy();
      assertThat(program.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static Process start(Class<?> main, String... arguments) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            main.getName());
    builder.command().addAll(List.of(arguments));
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Reads up to {@code ready}; the port stands in the line before. */
  private static int port(BufferedReader out) throws IOException {
    int port = 0;
    String line = out.readLine();
    while (line != null && !line.equals("ready")) {
      if (line.startsWith("port ")) {
        port = Integer.parseInt(line.substring(5));
      }
      line = out.readLine();
    }
    assertThat(line).isEqualTo("ready");
    return port;
  }
}
