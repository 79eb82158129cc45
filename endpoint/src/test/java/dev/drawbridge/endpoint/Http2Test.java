package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.client.transport.HttpClientTransportOverHTTP2;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.client.ClientUpgradeRequest;
import org.eclipse.jetty.websocket.client.WebSocketClient;
import org.junit.jupiter.api.Test;

/** WebSockets over HTTP/2, RFC 8441. */
class Http2Test {
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();

  private String next() throws InterruptedException {
    String text = seen.poll(10, TimeUnit.SECONDS);
    assertThat(text).as("something within 10 s").isNotNull();
    return text;
  }

  @Test
  void conversationOverHttp2() throws Exception {
    WebSocketClient client =
        new WebSocketClient(new HttpClient(new HttpClientTransportOverHTTP2(new HTTP2Client())));
    client.start();
    try (TestServer server =
        TestServer.setup()
            .endpoint(e -> e.on("echo", JsonNode.class, (data, connection) -> data))
            .start()) {
      HttpConfiguration configuration = new HttpConfiguration();
      ServerConnector connector =
          new ServerConnector(
              server.jetty(),
              new HttpConnectionFactory(configuration),
              new HTTP2CServerConnectionFactory(configuration));
      connector.setHost("127.0.0.1");
      server.jetty().addConnector(connector);
      connector.start();
      URI uri = URI.create("ws://127.0.0.1:" + connector.getLocalPort() + "/ws");

      ClientUpgradeRequest request = new ClientUpgradeRequest(uri);
      request.setSubProtocols(
          "drawbridge.v1", "drawbridge.bearer." + TestServer.TOKENS.of("alice"));
      Session session =
          client
              .connect(new ThirdPartyClientsTest.JettyEndpoint(seen), request)
              .get(10, TimeUnit.SECONDS);

      assertThat(next()).startsWith("{\"type\":\"welcome\"");
      session.sendText("{\"type\":\"echo\",\"id\":\"e\",\"data\":\"ä\"}", Callback.NOOP);
      assertThat(next()).isEqualTo("{\"type\":\"ack\",\"id\":\"e\",\"data\":\"ä\"}");
      session.close(1000, null, Callback.NOOP);
      assertThat(next()).isEqualTo("closed 1000");

      assertThatThrownBy(
              () ->
                  client
                      .connect(
                          new ThirdPartyClientsTest.JettyEndpoint(seen),
                          new ClientUpgradeRequest(uri))
                      .get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class);
      assertThat(seen).isEmpty();
    } finally {
      client.stop();
    }
  }
}
