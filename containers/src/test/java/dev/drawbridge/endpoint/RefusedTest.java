package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where the endpoint does not start, it says what is missing; the rest of the server does. */
class RefusedTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "TOMCAT_11; withoutWebSocket; true; add tomcat-embed-websocket to the class path",
        "TOMCAT_10_OLDEST; withoutWebSocket; true; WsSci()",
        "TOMCAT_11; withoutJar; tomcat-embed-websocket; add tomcat-embed-websocket to the class path",
        "TOMCAT_10; withoutJar; tomcat-embed-websocket; add tomcat-embed-websocket to the class path",
        "TOMCAT_11; withApi; true; an older jakarta.websocket stands before Tomcat's own",
        "TOMCAT_11_OLDEST; withApi; true; remove jakarta.websocket-api",
        "UNDERTOW; withoutWebSocket; true; a WebSocketDeploymentInfo",
        "JETTY_DIRECT; withoutJar; jetty-ee11-websocket-jetty-server; ee11-websocket-jetty",
        "JETTY_EE10; withoutJar; jetty-ee10-websocket-jetty-server; ee11-websocket-jetty (or ee10-...)",
        "JETTY_EE10; drawbridge.transport; jakarta; must be auto or jetty-api in this container: jakarta",
        "TOMCAT_11; drawbridge.transport; jetty-api; DRAWBRIDGE_TRANSPORT must be auto or jakarta in this container: jetty-api",
        "UNDERTOW; drawbridge.transport; jetty-api; must be auto or jakarta",
        "JETTY_DIRECT; drawbridge.transport; jakarta; must be auto or jetty-api in this container: jakarta"
      })
  void startSaysWhatIsMissing(Host host, String setting, String value, String refusal)
      throws Exception {
    String told;
    try (Host.Running server = host.start(setting, value)) {
      told = server.ask("refusal");
    } catch (IllegalStateException e) {
      // Some containers do not start without it.
      told = String.valueOf(e.getMessage());
    }

    assertThat(told).contains(refusal);
  }

  /** Tomcat 10.1 has the same one. */
  @Test
  void sameApiInFrontIsNoHarm() throws Exception {
    try (Host.Running server = Host.TOMCAT_10.start("withApi", "true");
        RecordingClient client = server.connect("alice")) {
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "TOMCAT_11, jakarta, tomcat",
    "UNDERTOW, jakarta, undertow",
    "JETTY_API, jetty-api, jetty-api"
  })
  void wayThatIsAskedForIsTaken(Host host, String setting, String way) throws Exception {
    try (Host.Running server = host.start("drawbridge.transport", setting)) {
      assertThat(server.ask("way")).isEqualTo(way);
    }
  }
}
