package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.ForwardedRequestCustomizer;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Behind a proxy that ends TLS, with a context path. */
class ProxyTest {
  private static final String ORIGIN = "https://chat.example.org";

  private static HttpClient client(TlsProxy proxy) {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .sslContext(proxy.context())
        .build();
  }

  @Test
  void discoveryAndConversationWorkBehindATlsProxy(@TempDir Path directory) throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    try (TestServer server =
        TestServer.setup()
            .production()
            .cors()
            .contextPath("/app")
            .set("WEBSOCKET_ALLOWED_ORIGINS", ORIGIN)
            .start()) {
      // The container looks through the proxy only when it is told to.
      HttpConfiguration configuration = new HttpConfiguration();
      configuration.addCustomizer(new ForwardedRequestCustomizer());
      ServerConnector connector =
          new ServerConnector(server.jetty(), new HttpConnectionFactory(configuration));
      connector.setHost("127.0.0.1");
      server.jetty().addConnector(connector);
      connector.start();
      TlsProxy proxy = new TlsProxy(connector.getLocalPort(), directory);
      HttpClient http = client(proxy);
      String base = "://127.0.0.1:" + proxy.port();

      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create("https" + base + "/app/ws/config"))
                  .header("Origin", ORIGIN)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode config = new JsonMapper().readTree(response.body());
      WebSocket socket =
          // A connection of its own: the proxy marks the first request of each.
          client(proxy)
              .newWebSocketBuilder()
              .header("Origin", ORIGIN)
              .subprotocols("drawbridge.v1", "drawbridge.bearer." + TestServer.TOKENS.of("alice"))
              .buildAsync(
                  URI.create("wss" + base + "/app/ws/config").resolve(config.path("path").asText()),
                  new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(
                        WebSocket from, CharSequence part, boolean last) {
                      seen.add(part.toString());
                      from.request(1);
                      return null;
                    }
                  })
              .get(10, TimeUnit.SECONDS);

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(config.path("path").asText()).isEqualTo("../ws");
      assertThat(config.path("diagnose").asText()).isEqualTo("diagnose");
      assertThat(config.at("/origin/allowed").asBoolean()).isTrue();
      assertThat(config.has("devToken")).isFalse();
      // Nothing in it is an address: the proxy's name is the client's business.
      assertThat(response.body()).doesNotContain("127.0.0.1").doesNotContain("http:");
      assertThat(seen.poll(10, TimeUnit.SECONDS)).startsWith("{\"type\":\"welcome\"");
      Connection connection = server.connections().list().get(0);
      assertThat(connection.remoteAddress()).isEqualTo("203.0.113.7");
      assertThat(connection.origin()).hasValue(ORIGIN);
      socket.abort();
      proxy.close();
    }
  }
}
