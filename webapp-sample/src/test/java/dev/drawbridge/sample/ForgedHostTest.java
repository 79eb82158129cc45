package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.ProxyProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A stranger behind the guide's own proxies, on the server's machine, who writes {@code Host:
 * localhost}.
 */
class ForgedHostTest {
  private static final String TOKEN = "operator-4b7d2e9c5a1f8036";

  static Stream<Named<IntFunction<ProxyProcess>>> proxies() {
    return Stream.of(
        Named.of("nginx", port -> ProxyProcess.nginx(Guide.nginx(), port)),
        Named.of("HAProxy", port -> ProxyProcess.haproxy(Guide.haproxy(), port)));
  }

  private static int status(URI proxy, String line, String... headers) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.getPort())) {
      socket.setSoTimeout(10_000);
      String body = line.startsWith("POST") ? "{\"sub\":\"alice\"}" : "";
      String request =
          line
              + " HTTP/1.1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
              + body.length()
              + "\r\n"
              + String.join("\r\n", headers)
              + "\r\n\r\n"
              + body;
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      String answer =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      return Integer.parseInt(answer.substring(9, 12));
    }
  }

  @ParameterizedTest
  @MethodSource("proxies")
  void devModeShowsNothingWhateverHostSays(IntFunction<ProxyProcess> proxied) throws Exception {
    // The key is off: the weakest that dev mode can be.
    try (MatrixServer server = MatrixServer.start();
        ProxyProcess proxy = proxied.apply(server.port())) {
      for (String host : List.of("localhost", "localhost:8080", "127.0.0.1", "[::1]")) {
        String header = "Host: " + host;
        for (String path : List.of("", ".json", "/events")) {
          assertThat(status(proxy.page(), "GET /ws/diagnostics" + path, header)).isEqualTo(404);
        }
        assertThat(status(proxy.page(), "POST /ws/dev-token", header)).isEqualTo(404);
        assertThat(status(proxy.page(), "POST /ws/diagnostics/disable", header)).isEqualTo(404);
        assertThat(status(proxy.page(), "POST /ws/drain", header)).isEqualTo(404);
        assertThat(status(proxy.page(), "GET /ws/metrics", header)).isEqualTo(404);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("proxies")
  void managementWantsItsTokenAndNothingElse(IntFunction<ProxyProcess> proxied) throws Exception {
    try (MatrixServer server =
            MatrixServer.production(
                "https://app.example.org", "drawbridge.management.token", TOKEN);
        ProxyProcess proxy = proxied.apply(server.port())) {
      String host = "Host: localhost";
      String user = "Authorization: Bearer " + MatrixServer.TOKENS.of("alice");
      assertThat(status(proxy.page(), "POST /ws/drain", host)).isEqualTo(401);
      assertThat(status(proxy.page(), "POST /ws/drain", host, user)).isEqualTo(401);
      assertThat(status(proxy.page(), "GET /ws/metrics", host)).isEqualTo(401);
      assertThat(server.connections().isDraining()).isFalse();
      try (RecordingClient client =
          RecordingClient.connect(URI.create(proxy.url()), MatrixServer.TOKENS.of("alice"))) {
        assertThat(client.subprotocol()).isEqualTo("drawbridge.v1");
        client.leave();
      }

      assertThat(status(proxy.page(), "POST /ws/drain", host, "Authorization: Bearer " + TOKEN))
          .isEqualTo(202);

      assertThat(server.connections().isDraining()).isTrue();
    }
  }
}
