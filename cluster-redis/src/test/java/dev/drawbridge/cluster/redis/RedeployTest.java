package dev.drawbridge.cluster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * An application with this engine that is stopped leaves nothing in the server, whatever Redis does
 * at its end. {@code -Dredeploy.rounds=20} for the long form.
 */
class RedeployTest {
  private static final int ROUNDS = Integer.getInteger("redeploy.rounds", 3);

  @Test
  void nothingIsLeftHoweverOftenItIsDeployed() throws Exception {
    // In a JVM of its own, where soft references go with the next collection.
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                RedeployProgram.class.getName(),
                "" + ROUNDS)
            .redirectErrorStream(true)
            .start();
    String output;
    try {
      output = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(program.waitFor(5, TimeUnit.SECONDS)).isTrue();
    } finally {
      program.destroyForcibly();
    }

    // Two of them end while Redis is frozen, and while it is away.
    int all = ROUNDS + 2;
    assertThat(output)
        .contains(all + " deployed, " + all + " class loaders collected, threads left: []");
  }
}
