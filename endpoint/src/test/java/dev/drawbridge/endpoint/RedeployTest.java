package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A web application that is stopped leaves nothing in the server. */
class RedeployTest {
  @Test
  void nothingIsLeftAfterTwentyRedeploys(@TempDir Path directory) throws Exception {
    // In a JVM of its own, where soft references go with the next collection.
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                // The quickest start and the quickest full collections of so small a heap.
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                RedeployProgram.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    String output;
    try {
      output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(program.waitFor(5, TimeUnit.SECONDS)).isTrue();
    } finally {
      program.destroyForcibly();
    }

    assertThat(output)
        .contains("20 deployed, 20 class loaders collected, threads left: []")
        .contains("held on purpose: true");
  }
}
