package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.CorsServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The same decisions over HTTP/2, frames written by hand; handshakes are extended CONNECT. */
class CorsHttp2Test {
  private static final String GOOD = "https://app.example.com";
  private static final long TIMEOUT_SECONDS = 15;
  private static CorsServer server;
  private static HTTP2Client client;
  private static Session session;

  @BeforeAll
  static void connect() throws Exception {
    server = CorsServer.start(CorsServer.DEV);
    client = new HTTP2Client();
    client.start();
    session =
        client
            .connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()),
                new Session.Listener() {})
            .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  @AfterAll
  static void disconnect() throws Exception {
    client.stop();
    server.close();
  }

  @BeforeEach
  void forget() {
    server.seen.clear();
  }

  private static HttpFields.Mutable fields(String... lines) {
    HttpFields.Mutable fields = HttpFields.build();
    for (String line : lines) {
      int colon = line.indexOf(':');
      fields.add(line.substring(0, colon), line.substring(colon + 1).strip());
    }
    return fields;
  }

  private static HostPortHttpField authority(String host) {
    return new HostPortHttpField(host, server.port());
  }

  private static MetaData.Response request(String method, String host, String... lines)
      throws Exception {
    return send(
        new MetaData.Request(
            method,
            HttpURI.build().scheme("http").host(host).port(server.port()).path("/api/ok"),
            HttpVersion.HTTP_2,
            fields(lines)));
  }

  private static MetaData.Response handshake(String host, String... lines) throws Exception {
    HttpFields.Mutable fields = fields(lines);
    fields.add("sec-websocket-version", "13");
    return send(
        new MetaData.ConnectRequest(
            HttpScheme.HTTP, authority(host), "/ws/echo", fields, "websocket"));
  }

  private static MetaData.Response send(MetaData.Request request) throws Exception {
    CompletableFuture<MetaData.Response> answer = new CompletableFuture<>();
    session
        .newStream(
            new HeadersFrame(request, null, !request.getMethod().equals("CONNECT")),
            new Stream.Listener() {
              @Override
              public void onHeaders(Stream stream, HeadersFrame frame) {
                answer.complete((MetaData.Response) frame.getMetaData());
              }
            })
        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    return answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void plainRequestsAreJudgedAlike() throws Exception {
    MetaData.Response allowed = request("GET", "127.0.0.1", "origin: " + GOOD);
    MetaData.Response refused = request("GET", "127.0.0.1", "origin: https://evil.com");

    assertThat(allowed.getStatus()).isEqualTo(200);
    assertThat(allowed.getHttpFields().get("Access-Control-Allow-Origin")).isEqualTo(GOOD);
    assertThat(refused.getStatus()).isEqualTo(403);
    assertThat(refused.getHttpFields().get("X-Cors-Reason")).isEqualTo("not-listed");
    assertThat(refused.getHttpFields().get("Vary")).isEqualTo("Origin");
    assertThat(request("GET", "127.0.0.1", "origin: " + GOOD, "origin: " + GOOD).getStatus())
        .isEqualTo(403);
    assertThat(server.seen).containsExactly("GET /api/ok");
  }

  @Test
  void preflightsAreAnsweredAlike() throws Exception {
    MetaData.Response answer =
        request("OPTIONS", "127.0.0.1", "origin: " + GOOD, "access-control-request-method: PUT");

    assertThat(answer.getStatus()).isEqualTo(204);
    assertThat(answer.getHttpFields().get("Access-Control-Allow-Methods")).contains("PUT");
    assertThat(server.seen).isEmpty();
  }

  @Test
  void extendedConnectIsAHandshake() throws Exception {
    assertThat(handshake("127.0.0.1", "origin: " + GOOD).getStatus()).isEqualTo(200);
    assertThat(server.seen).containsExactly("WebSocket /ws/echo");
    server.seen.clear();

    assertThat(handshake("127.0.0.1", "origin: https://evil.com").getStatus()).isEqualTo(403);
    assertThat(
            handshake("127.0.0.1", "origin: https://evil.com", "sec-fetch-site: same-origin")
                .getStatus())
        .isEqualTo(403);
    assertThat(server.seen).isEmpty();
  }

  @Test
  void foreignAuthorityIsRefusedInDevMode() throws Exception {
    assertThat(request("GET", "evil.com").getStatus()).isEqualTo(403);
    assertThat(request("GET", "evil.com", "x-forwarded-host: localhost").getStatus())
        .isEqualTo(403);
    assertThat(handshake("evil.com").getStatus()).isEqualTo(403);
    assertThat(request("GET", "localhost").getStatus()).isEqualTo(200);
    assertThat(server.seen).containsExactly("GET /api/ok");
  }
}
