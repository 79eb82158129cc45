package dev.drawbridge.cluster.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Where a machine has no redis-server, the one of the jar is as good. */
class EmbeddedRedisTest {
  @Test
  void theServerOfTheJarRunsHereAndIsNewEnough() throws Exception {
    String program = RedisProgram.embedded();
    assumeTrue(program != null, "the jar has none for this machine, or is not on the class path");

    Process process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();

    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .containsPattern("v=6\\.2\\.|v=7\\.");
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(Path.of(program)).isExecutable();
  }
}
