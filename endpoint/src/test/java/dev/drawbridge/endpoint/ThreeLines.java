package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** A server that compresses, and raw connections to it over each of three lines. */
final class ThreeLines {
  enum Line {
    PLAIN,
    TLS,
    COMPRESSED
  }

  private final TestServer server;
  private final TlsProxy certificate;
  private final ServerConnector secure;

  /** Starts the server, with no limit to messages and a connector for TLS beside its own. */
  ThreeLines(TestServer.Setup setup, Path directory) throws Exception {
    server =
        setup
            .set("drawbridge.messages.per.second", "1000000")
            .set("drawbridge.message.burst", "1000000")
            .set("drawbridge.compression", "true")
            .start();
    certificate = new TlsProxy(server.port(), directory);
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setSslContext(certificate.context());
    secure = new ServerConnector(server.jetty(), tls, new HttpConnectionFactory());
    secure.setHost("127.0.0.1");
    secure.start();
  }

  TestServer server() {
    return server;
  }

  /** A connection that has been welcomed. */
  RawSocket open(Line line, String user) throws IOException {
    RawSocket socket =
        switch (line) {
          case PLAIN -> new RawSocket(server.port(), user);
          case TLS -> {
            int port = secure.getLocalPort();
            yield new RawSocket(
                certificate
                    .context()
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), port),
                port,
                user);
          }
          case COMPRESSED ->
              new RawSocket(server.port(), user, "Sec-WebSocket-Extensions: permessage-deflate");
        };
    assertThat(socket.handshake().contains("permessage-deflate"))
        .isEqualTo(line == Line.COMPRESSED);
    assertThat(socket.read().opcode()).isEqualTo(RawSocket.TEXT);
    return socket;
  }

  void close() throws Exception {
    secure.stop();
    certificate.close();
    server.close();
  }
}
