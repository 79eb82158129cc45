package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.DefaultServlet;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The headers of a handshake over HTTP/2, frame by frame: RFC 8441, RFC 9110 section 9.3.6. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2HandshakeTest {
  private static final long TIMEOUT_SECONDS = 10;

  private final HTTP2Client client = new HTTP2Client();
  private TestServer server;
  private ServerConnector connector;
  private Session session;

  private record Answer(MetaData.Response response, boolean ended, String body) {
    int status() {
      return response.getStatus();
    }

    String header(String name) {
      return response.getHttpFields().get(name);
    }
  }

  @BeforeAll
  void start() throws Exception {
    server = TestServer.setup().cors().set("drawbridge.connections.per.user", "1000").start();
    HttpConfiguration configuration = new HttpConfiguration();
    HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(configuration);
    http2.setConnectProtocolEnabled(true);
    connector =
        new ServerConnector(server.jetty(), new HttpConnectionFactory(configuration), http2);
    connector.setHost("127.0.0.1");
    server.jetty().addConnector(connector);
    connector.start();
    client.start();
    session =
        client
            .connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), connector.getLocalPort()),
                new Session.Listener() {})
            .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  @AfterAll
  void stop() throws Exception {
    client.stop();
    server.close();
  }

  private Answer connect(String path, String protocol, String... lines) throws Exception {
    HttpFields.Mutable fields = HttpFields.build();
    fields.add("sec-websocket-version", "13");
    fields.add("origin", "http://localhost:3000");
    fields.add("authorization", "Bearer " + TestServer.TOKENS.of("alice"));
    for (String line : lines) {
      fields.add(
          line.substring(0, line.indexOf(':')), line.substring(line.indexOf(':') + 1).strip());
    }
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    session
        .newStream(
            new HeadersFrame(
                new MetaData.ConnectRequest(
                    HttpScheme.HTTP,
                    new HostPortHttpField("127.0.0.1", connector.getLocalPort()),
                    path,
                    fields,
                    protocol),
                null,
                false),
            new Stream.Listener() {
              private MetaData.Response head;

              @Override
              public void onHeaders(Stream stream, HeadersFrame frame) {
                head = (MetaData.Response) frame.getMetaData();
                if (frame.isEndStream()) {
                  answer.complete(new Answer(head, true, ""));
                } else {
                  stream.demand();
                }
              }

              @Override
              public void onDataAvailable(Stream stream) {
                Stream.Data data = stream.readData();
                if (data == null) {
                  stream.demand();
                  return;
                }
                String text =
                    StandardCharsets.UTF_8.decode(data.frame().getByteBuffer()).toString();
                boolean last = data.frame().isEndStream();
                data.release();
                answer.complete(new Answer(head, last, text));
              }
            })
        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void theAnswerToConnectHasNoContentLength() throws Exception {
    Answer answer = connect("/ws", "websocket", "sec-websocket-protocol: chat, drawbridge.v1");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.ended()).isFalse();
    assertThat(answer.header("content-length")).isNull();
    assertThat(answer.header("transfer-encoding")).isNull();
    assertThat(answer.header("sec-websocket-protocol")).isEqualTo("drawbridge.v1");
    assertThat(answer.body()).contains("{\"type\":\"welcome\"");
  }

  @ParameterizedTest
  @CsvSource({
    "/ws?x=100%, '', 200, ''",
    "/ws?attempt=%ff, '', 200, ''",
    "/ws, sec-websocket-extensions: x=, 400, handshake_invalid",
    "/ws, sec-websocket-protocol: \"drawbridge.v1, 400, handshake_invalid",
    "/ws, sec-websocket-protocol: chat, 400, subprotocol_unsupported",
    "/ws, sec-websocket-version: 13, 400, handshake_invalid",
    "/ws/, '', 404, not_found",
    "/ws/nothing, '', 404, not_found",
    "/ws/config, '', 405, method_not_allowed",
  })
  void headersAreJudgedAsOverHttp1(String path, String line, int status, String code)
      throws Exception {
    Answer answer =
        connect(path, "websocket", line.isEmpty() ? new String[0] : new String[] {line});

    assertThat(answer.status()).isEqualTo(status);
    if (!code.isEmpty()) {
      assertThat(answer.body()).contains("\"code\":\"" + code + "\"");
    }
  }

  @Test
  void connectToAnUnknownPathIsNotFound() throws Exception {
    assertThat(connect("/nothing", "websocket").status()).isEqualTo(404);
    assertThat(connect("/", "websocket").status()).isEqualTo(404);
    ServletHolder files = new ServletHolder(new DefaultServlet());
    server.context().addServlet(files, "/");

    assertThat(connect("/nothing", "websocket").status()).isEqualTo(404);
    assertThat(Objects.requireNonNull(connect("/ws", "websocket")).status()).isEqualTo(200);
  }
}
