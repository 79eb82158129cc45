package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Far more clients than the container has threads come at once, are cut at once and come again
 * before the server has seen all of the first ones go. {@code -Dstorm.clients=} says how many,
 * {@code -Dstorm.hosts=} where.
 */
@Isolated("its times are those of a machine that does nothing else")
@Timeout(120)
class StormTest {
  private static final int CLIENTS = Integer.getInteger("storm.clients", 2_000);

  /** What the slowest one may wait; on a machine with other work, too. */
  private static final Duration BOUND = Duration.ofSeconds(30);

  static Stream<Host> hosts() {
    String names = System.getProperty("storm.hosts", "TOMCAT_10_OLDEST,TOMCAT_11");
    return Arrays.stream(names.split(",", -1)).map(Host::valueOf);
  }

  @ParameterizedTest
  @MethodSource("hosts")
  void allOfAStormAreServedOnTwentyThreads(Host host, TestReporter reporter) throws Exception {
    try (Host.Running server =
        host.start(
            "maxThreads", "20",
            "drawbridge.connections.per.user", "100000",
            "drawbridge.connections.max", "100000")) {
      try (Storm first = new Storm(server.port, CLIENTS)) {
        Duration once = first.served(BOUND);
        assertThat(server.ask("size")).isEqualTo(Integer.toString(CLIENTS));
        first.cut();

        try (Storm second = new Storm(server.port, CLIENTS)) {
          Duration again = second.served(BOUND);
          Host.await(
              "the first ones are forgotten",
              BOUND,
              () -> server.ask("size").equals(Integer.toString(CLIENTS)));
          reporter.publishEntry(host.name(), CLIENTS + " in " + once + ", again in " + again);
          second.leave();
          server.awaitEmpty();
        }
      }
      server.stop();
      Host.await("no thread is left", BOUND, () -> server.ask("threads").isEmpty());
    }
  }
}
