package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ContractTest {
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TOMCAT_11_VIRTUAL")
  void messagesAreAnswered(Host host) throws Exception {
    try (Host.Running server = host.start()) {
      System.out.println(host + " " + server.ask("way"));
      try (RecordingClient client = server.connect("alice")) {
        assertThat(client.request("echo", Map.of("text", "hi")).toString()).contains("hi");
        assertThat(client.request("direct", "x".repeat(20_000)).type()).isEqualTo("ack");
        assertThat(client.request("ping", null).type()).isEqualTo("pong");
        client.leave();
      }
      server.awaitEmpty();
      System.out.println(server.ask("closes"));
    }
  }
}
