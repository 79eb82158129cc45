package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In Jetty the answer to a handshake and the welcome go out together, and whole in any case. */
class AnswerToHandshakeTest {
  private static final int TIMEOUT_MS = 10_000;
  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.setup().start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Socket asked() throws IOException {
    return asked(new byte[0]);
  }

  /** With more behind the request, in the same packet. */
  private Socket asked(byte[] behind) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(TIMEOUT_MS);
    all.write(
        ("GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer "
                + new TestTokens().of("alice")
                + "\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    all.write(behind);
    all.writeTo(socket.getOutputStream());
    return socket;
  }

  /** All that comes until a text is in it, or the end. */
  private static String readUntil(InputStream in, String text) throws IOException {
    byte[] buffer = new byte[16 * 1024];
    StringBuilder all = new StringBuilder();
    while (all.indexOf(text) < 0) {
      int read = in.read(buffer);
      if (read < 0) {
        return all.toString();
      }
      all.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
    }
    return all.toString();
  }

  private HttpConfiguration http() {
    return server
        .connector()
        .getConnectionFactory(HttpConnectionFactory.class)
        .getHttpConfiguration();
  }

  /** Several times: two writes may come in one read, too, but hardly each time. */
  @Test
  void answerAndWelcomeComeInOneWrite() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Socket socket = asked()) {
        byte[] buffer = new byte[16 * 1024];

        int read = socket.getInputStream().read(buffer);

        assertThat(new String(buffer, 0, read, StandardCharsets.ISO_8859_1))
            .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
            .contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", "\r\n\r\n\u0081")
            .contains("\"type\":\"welcome\"");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 400, 1000, 3000, 6000})
  void answerOfManyHeadersIsWhole(int length) throws Exception {
    http()
        .addCustomizer(
            (request, headers) -> {
              headers.add("X-Long", "x".repeat(length));
              return request;
            });

    try (Socket socket = asked()) {
      assertThat(readUntil(socket.getInputStream(), "\"type\":\"welcome\""))
          .startsWith("HTTP/1.1 101 ")
          .contains("X-Long: " + "x".repeat(length) + "\r\n", "\r\n\r\n\u0081");
    }
  }

  @Test
  void whoElseLooksAtWhatIsSentSeesTheAnswer() throws Exception {
    BlockingQueue<Integer> seen = new LinkedBlockingQueue<>();
    http()
        .addCustomizer(
            (request, headers) -> {
              request.addHttpStreamWrapper(stream -> new Watching(stream, seen));
              return request;
            });

    try (Socket socket = asked()) {
      assertThat(readUntil(socket.getInputStream(), "\"type\":\"welcome\""))
          .startsWith("HTTP/1.1 101 ");
      assertThat(seen.poll(TIMEOUT_MS, TimeUnit.MILLISECONDS)).isEqualTo(101);
    }
  }

  private static final class Watching extends HttpStream.Wrapper {
    private final BlockingQueue<Integer> seen;

    Watching(HttpStream wrapped, BlockingQueue<Integer> seen) {
      super(wrapped);
      this.seen = seen;
    }

    @Override
    public void send(
        MetaData.Request request,
        MetaData.Response response,
        boolean last,
        ByteBuffer content,
        Callback callback) {
      if (response != null) {
        seen.add(response.getStatus());
      }
      super.send(request, response, last, content, callback);
    }
  }

  /** Fails when the endpoint is done with the request. */
  public static final class Failing implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      chain.doFilter(request, response);
      throw new ServletException("this filter fails behind the endpoint");
    }
  }

  @Test
  void filterThatFailsBehindTheUpgradeEndsAConnectionThatWasAnswered() throws Exception {
    server
        .context()
        .addFilter(new FilterHolder(new Failing()), "/*", EnumSet.of(DispatcherType.REQUEST));

    try (Socket socket = asked()) {
      assertThat(readUntil(socket.getInputStream(), "\"type\":\"welcome\""))
          .startsWith("HTTP/1.1 101 ")
          .endsWith("\r\n\r\n");
    }
  }

  /** Does something when the endpoint is done with the request. */
  private record Behind(Runnable action) implements Filter {
    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      chain.doFilter(request, response);
      action.run();
    }
  }

  @Test
  void connectionThatEndsBeforeItIsOpenWasAnswered() throws Exception {
    Runnable end = () -> server.core().opening().forEach(link -> link.abort("a test"));
    server
        .context()
        .addFilter(new FilterHolder(new Behind(end)), "/*", EnumSet.of(DispatcherType.REQUEST));

    try (Socket socket = asked()) {
      assertThat(readUntil(socket.getInputStream(), "\"type\":\"welcome\""))
          .startsWith("HTTP/1.1 101 ")
          .endsWith("\r\n\r\n");
    }
  }

  /** A response that keeps the status that it was told, as filters of old that log it have one. */
  private static final class Remembering extends HttpServletResponseWrapper {
    private int status = SC_OK;

    Remembering(HttpServletResponse response) {
      super(response);
    }

    @Override
    public void setStatus(int told) {
      status = told;
      super.setStatus(told);
    }

    @Override
    public int getStatus() {
      return status;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "jetty-api"})
  void responseThatKeepsTheStatusItselfIsToldAndEndsNothing(String transport) throws Exception {
    BlockingQueue<Integer> kept = new LinkedBlockingQueue<>();
    Filter logging =
        (request, response, chain) -> {
          Remembering remembering = new Remembering((HttpServletResponse) response);
          chain.doFilter(request, remembering);
          kept.add(remembering.getStatus());
        };
    try (TestServer other = TestServer.setup().set("drawbridge.transport", transport).start()) {
      other
          .context()
          .addFilter(new FilterHolder(logging), "/*", EnumSet.of(DispatcherType.REQUEST));

      try (RecordingClient alice = other.connect("alice")) {
        alice.leave();
      }
      assertThat(kept.poll(TIMEOUT_MS, TimeUnit.MILLISECONDS)).isEqualTo(101);
    }
  }

  /** Its request ends on another thread, and with it the HTTP. */
  @Test
  void filterThatMadeTheRequestAsynchronousOpensTheConnectionWhenItIsDone() throws Exception {
    Filter late =
        (request, response, chain) -> {
          AsyncContext async = request.startAsync();
          chain.doFilter(request, response);
          async.start(async::complete);
        };
    FilterHolder holder = new FilterHolder(late);
    holder.setAsyncSupported(true);
    server.context().addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST));

    try (RecordingClient alice = server.connect("alice")) {
      alice.sendText("{\"type\":\"ping\",\"id\":\"1\"}");
      assertThat(alice.expect("pong").toString()).contains("\"id\":\"1\"");
      alice.leave();
    }
  }

  /** A client that is told nothing yet and sends already is answered behind its welcome. */
  @Test
  void frameThatCameWithTheRequestIsAnsweredBehindTheWelcome() throws Exception {
    String message = "{\"type\":\"ping\",\"id\":\"early\"}";
    ByteBuffer frame = ByteBuffer.allocate(6 + message.length());
    frame.put((byte) 0x81).put((byte) (0x80 | message.length())).putInt(0);
    frame.put(message.getBytes(StandardCharsets.US_ASCII));

    try (Socket socket = asked(frame.array())) {
      String all = readUntil(socket.getInputStream(), "\"id\":\"early\"");

      assertThat(all).startsWith("HTTP/1.1 101 ").contains("\r\n\r\n\u0081");
      assertThat(all.indexOf("\"type\":\"welcome\"")).isPositive();
      assertThat(all.indexOf("\"type\":\"pong\""))
          .isGreaterThan(all.indexOf("\"type\":\"welcome\""));
    }
  }
}
