package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.testing.CapturedLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What an operator finds in the log when Redis goes away and comes back. */
@Isolated("servers of other tests write the same lines")
class OutageLogTest {
  private static final String WATCH = "dev.drawbridge.endpoint.internal.channels.EngineWatch";

  @Test
  void theStartTheOutageItsReasonAndItsEndAreOneLineEach() throws Exception {
    try (CapturedLog log = new CapturedLog(WATCH, Level.INFO);
        RedisProcess redis = RedisProcess.start();
        TestNode node = RedisNodes.start("redis://127.0.0.1:" + redis.port())) {
      eventually("the connection is told", () -> log.messages().size() == 1);
      redis.kill();
      eventually("the outage is told", () -> log.messages().size() == 2);
      redis.startAgain();
      eventually("its end is told", () -> log.messages().size() == 3);

      assertThat(node.isUp()).isTrue();
      assertThat(log.messages().get(0))
          .matches("channels are carried by redis [0-9.]+, node [A-Za-z0-9]+");
      assertThat(log.messages().get(1))
          .matches(
              "the engine of the channels is out of reach, and publishes are refused: .*[a-z].*");
      assertThat(log.messages().get(2))
          .matches("the engine of the channels is reached and keeps up again, after \\d+ s");
    }
  }
}
