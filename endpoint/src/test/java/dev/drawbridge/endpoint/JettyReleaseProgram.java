package dev.drawbridge.endpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import jakarta.servlet.ServletContext;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * Runs the endpoint on the release of Jetty that is on its class path, with the EE that it is told.
 * Run in a JVM of its own; see JettyReleasesTest.
 */
final class JettyReleaseProgram {
  /** More than one user may have at once: who is not seen to leave is locked out. */
  private static final int CONNECTIONS = 25;

  /** Handshakes as proxies and strange clients write them; one line each, cut at the bars. */
  private static final List<String> ODD =
      List.of(
          "/ws|Upgrade: websocket, websocket|Connection: keep-alive, Upgrade",
          "/ws|Upgrade: h2c|Upgrade: websocket|Connection: Upgrade, HTTP2-Settings",
          "/ws?x=100%&attempt=%ff|Upgrade: websocket|Connection: Upgrade|Cookie: a=\"b",
          "/ws;a=%zz|Upgrade: websocket|Connection: Upgrade|Accept-Language: ;q=x",
          "/ws|Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Extensions: x; y=z"
              + "|Sec-WebSocket-Protocol: chat, drawbridge.v1");

  /** What is refused in our words. */
  private static final List<String> BAD =
      List.of(
          "Sec-WebSocket-Protocol: drawbridge.v1\"",
          "Sec-WebSocket-Protocol: chat, superchat",
          "Sec-WebSocket-Extensions: x=",
          "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");

  private static final AtomicReference<Checked> STARTED = new AtomicReference<>();
  private static final AtomicInteger CLOSED = new AtomicInteger();

  /** Code and initiator of each. */
  private static final Queue<String> CLOSES = new ConcurrentLinkedQueue<>();

  private JettyReleaseProgram() {}

  /** The endpoint under test; public because Jetty makes no exception. */
  public static final class Checked extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      STARTED.set(this);
      endpoint
          .on("direct", JsonNode.class)
          .onReadingThread()
          .handle((data, connection) -> data)
          .on("echo", JsonNode.class, (data, connection) -> data)
          .onClose(
              (connection, close) -> {
                CLOSES.add(close.code() + " " + close.initiator().word());
                CLOSED.incrementAndGet();
              });
    }

    Connections all() {
      return connections();
    }

    EndpointRuntime shared() {
      return core();
    }
  }

  public static void main(String[] arguments) {
    try {
      System.out.println(check(arguments[0], CONNECTIONS));
    } catch (Exception | Error e) {
      e.printStackTrace(System.out);
    } finally {
      // The server's threads would keep the JVM.
      System.exit(0);
    }
  }

  /** What ran, and which way: {@code jetty 12.1.5 ee11 jetty-direct}. */
  static String check(String ee, int connections) throws Exception {
    CLOSED.set(0);
    CLOSES.clear();
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(ee.equals("ee10") ? ee10() : ee11());
    server.start();
    URI uri = URI.create("ws://127.0.0.1:" + connector.getLocalPort() + "/ws");
    String token = new TestTokens().of("alice");

    for (int i = 0; i < connections; i++) {
      try (RecordingClient client = RecordingClient.connect(uri, token)) {
        require(client.request("echo", i).type().equals("ack"), "echo");
        require(client.request("direct", "x".repeat(i)).type().equals("ack"), "direct");
        client.leave();
      }
    }
    // Releases before 12.1 show their handshaker the headers as they came.
    List<String> odds = Server.getVersion().startsWith("12.0.") ? List.of() : ODD;
    for (String odd : odds) {
      String answer = raw(connector.getLocalPort(), odd, token);
      require(answer.startsWith("HTTP/1.1 101 "), odd + ": " + answer);
    }
    for (String bad : BAD) {
      String request = "/ws|Upgrade: websocket|Connection: Upgrade|" + bad;
      String answer = raw(connector.getLocalPort(), request, token);
      require(answer.startsWith("HTTP/1.1 400 "), bad + ": " + answer);
      require(answer.contains("application/problem+json"), bad + ": " + answer);
    }
    String offer = "/ws|Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Extensions: ";
    String plain = raw(connector.getLocalPort(), offer + "permessage-deflate", token);
    require(plain.startsWith("HTTP/1.1 101 "), plain);
    require(!plain.contains("deflate"), "compression is off: " + plain);
    Connections open = endpoint().all();
    TestServer.await("every close is seen", () -> open.size() == 0);
    try (RecordingClient client = RecordingClient.connect(uri, token)) {
      open.list().forEach(Connection::close);
      client.expectClose(1000);
    }
    CountDownLatch drained = new CountDownLatch(1);
    try (RecordingClient client = RecordingClient.connect(uri, token)) {
      client.sendText("no json");
      client.expectError("message_not_json");
      open.drain().whenComplete((nothing, failure) -> drained.countDown());
      client.expect("drain");
      client.expectClose(1012);
    }
    require(drained.await(10, TimeUnit.SECONDS), "drained");
    TestServer.await(
        "onClose runs once for each", () -> CLOSED.get() == connections + odds.size() + 3);
    require(
        Collections.frequency(CLOSES, "1000 client") == connections, "told of the clients' closes");
    require(Collections.frequency(CLOSES, "1000 server") == 1, "told of the server's close");
    require(Collections.frequency(CLOSES, "1012 server") == 1, "told of the drain's close");
    String way = endpoint().shared().transport().way();
    server.stop();
    return "jetty " + Server.getVersion() + " " + ee + " " + way;
  }

  /** The head of the answer. */
  private static String raw(int port, String lines, String token) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      String request =
          "GET "
              + lines.replaceFirst("\\|", " HTTP/1.1\r\nHost: localhost\r\n").replace("|", "\r\n")
              + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
              + "\r\nAuthorization: Bearer "
              + token
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      BufferedReader answer =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      StringBuilder head = new StringBuilder();
      for (String line = answer.readLine();
          line != null && !line.isEmpty();
          line = answer.readLine()) {
        head.append(line).append('\n');
      }
      return head.toString();
    }
  }

  private static Checked endpoint() {
    return STARTED.get();
  }

  private static void require(boolean fact, String what) {
    if (!fact) {
      throw new AssertionError(what);
    }
  }

  private static Handler ee10() {
    var context = new org.eclipse.jetty.ee10.servlet.ServletContextHandler();
    context.setContextPath("/");
    context.addServletContainerInitializer((types, started) -> install(started));
    context.setAttribute(UserSource.class.getName(), new TestUsers());
    parameters(context::setInitParameter);
    return context;
  }

  private static Handler ee11() {
    var context = new org.eclipse.jetty.ee11.servlet.ServletContextHandler();
    context.setContextPath("/");
    context.addServletContainerInitializer((types, started) -> install(started));
    context.setAttribute(UserSource.class.getName(), new TestUsers());
    parameters(context::setInitParameter);
    return context;
  }

  private static void install(ServletContext context) {
    Drawbridge.install(context, "/ws", new Checked());
  }

  private static void parameters(java.util.function.BiConsumer<String, String> set) {
    set.accept("ENVIRONMENT", "development");
    set.accept("WEBSOCKET_DEV_MODE", "true");
    set.accept("drawbridge.jwt.secret", TestTokens.SECRET);
  }
}
