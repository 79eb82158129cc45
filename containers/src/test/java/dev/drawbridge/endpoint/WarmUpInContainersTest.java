package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the start of each container does before anybody is there; alone, as it is bounded in time.
 */
@Isolated
class WarmUpInContainersTest {
  @ParameterizedTest
  @EnumSource(
      names = {
        "JETTY_DIRECT",
        "JETTY_API",
        "JETTY_EE10",
        "JETTY_EE10_OLDEST",
        "TOMCAT_10_OLDEST",
        "TOMCAT_11",
        "UNDERTOW_OLDEST",
        "UNDERTOW"
      })
  void isDoneAndLeavesNoThread(Host host) throws Exception {
    try (Host.Running server = host.start("drawbridge.warm.up", "300ms")) {
      assertThat(server.ask("warm-up"))
          .matches("warmed up in \\d+ ms: [1-9]\\d* handshakes with messages");
      assertThat(server.ask("threads")).doesNotContain("warm-up");
      assertThat(server.ask("closes")).isEmpty();
      try (RecordingClient alice = server.connect("alice")) {
        alice.leave();
      }
      server.awaitEmpty();
    }
  }
}
