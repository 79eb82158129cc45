package dev.drawbridge.endpoint.internal.transport.jetty.direct;

import dev.drawbridge.endpoint.internal.transport.Loopback;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import jakarta.servlet.ServletRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.websocket.api.Configurable;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.WebSocketContainer;
import org.eclipse.jetty.websocket.api.WebSocketSessionListener;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's parser, generator and WebSocket over bytes in memory, on the threads of the server that
 * is there. The server and the connector of it are never started: a started one would say so in the
 * log, and nothing here wants more of them than what a connection asks for.
 */
final class DirectLoopback implements Loopback {
  private static final int MASK = 0x5A17C33E;
  private static final int TEXT = 0x81;
  private static final int CLOSE = 0x88;
  private static final int SHORT = 126;
  private static final byte[] NORMAL = {0x03, (byte) 0xE8};

  private final LocalConnector connector;
  private final SocketUpgrade upgrade;

  /** Of the handshake under way; null before the first. */
  private volatile @Nullable Application application;

  /** What an application has thrown; null when it has not. */
  private volatile @Nullable Throwable failure;

  /**
   * Beside the server of a web application.
   *
   * @param made makes what upgrades, for requests of this one
   */
  DirectLoopback(Servlets servlets, Function<Servlets, SocketUpgrade> made) {
    Server real = Objects.requireNonNull(servlets.context().getServer());
    Scheduler none = new NoTimer();
    Server own = new Server(real.getThreadPool(), none, real.getByteBufferPool());
    own.setHandler(new Stage());
    this.connector =
        new LocalConnector(
            own,
            real.getThreadPool(),
            none,
            real.getByteBufferPool(),
            0,
            new HttpConnectionFactory());
    this.upgrade = made.apply(new Own(servlets));
  }

  @Override
  public SocketUpgrade upgrade() {
    return upgrade;
  }

  /**
   * No time runs out here: who waits for an answer has limits of its own. The server's timer would
   * start its thread below this application, whose class loader that thread kept for good.
   */
  private static final class NoTimer extends AbstractLifeCycle implements Scheduler {
    @Override
    public Task schedule(Runnable task, long delay, TimeUnit units) {
      return () -> true;
    }
  }

  /** Gives each request to its application. */
  private final class Stage extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      try {
        Objects.requireNonNull(application).answer(new Answered(request, response));
      } catch (Exception | LinkageError | StackOverflowError e) {
        // Jetty would write it into the log.
        failure = e;
      }
      callback.succeeded();
      return true;
    }
  }

  /** A request that knows its answer. */
  private static final class Answered extends Request.Wrapper {
    private final Response response;

    Answered(Request request, Response response) {
      super(request);
      this.response = response;
    }
  }

  /**
   * The container of the web application, in which nobody hears of these connections: neither
   * listeners of the application nor Jetty, which would list and close them as open ones.
   */
  private record Unheard(WebSocketContainer real) implements WebSocketContainer {
    @Override
    public Executor getExecutor() {
      return real.getExecutor();
    }

    @Override
    public Collection<Session> getOpenSessions() {
      return List.of();
    }

    @Override
    public void addSessionListener(WebSocketSessionListener listener) {
      // It would hear nothing.
    }

    @Override
    public boolean removeSessionListener(WebSocketSessionListener listener) {
      return false;
    }

    @Override
    public void notifySessionListeners(Consumer<WebSocketSessionListener> consumer) {
      // There are none.
    }
  }

  /** For requests that came from no servlet. */
  private record Own(Servlets real, WebSocketContainer container) implements Servlets {
    Own(Servlets real) {
      this(real, new Unheard(real.container()));
    }

    @Override
    public ContextHandler context() {
      return real.context();
    }

    @Override
    public Configurable limits() {
      return real.limits();
    }

    @Override
    public Request request(ServletRequest request) {
      return (Request) Objects.requireNonNull(request.getAttribute(REQUEST));
    }

    @Override
    public Response response(Request request) {
      return ((Answered) request).response;
    }
  }

  @Override
  public Line open(Map<String, String> headers, Application answering)
      throws IOException, InterruptedException, TimeoutException {
    application = answering;
    LocalConnector.LocalEndPoint endPoint = connector.new LocalEndPoint();
    Connection connection =
        connector.getDefaultConnectionFactory().newConnection(connector, endPoint);
    endPoint.setConnection(connection);
    endPoint.onOpen();
    connection.onOpen();
    StringBuilder head = new StringBuilder("GET /ws HTTP/1.1\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    Client client = new Client(endPoint);
    endPoint.addInput(head.append("\r\n").toString());
    Throwable thrown = failure;
    if (thrown != null) {
      endPoint.close();
      throw new IOException(thrown);
    }
    client.upgraded();
    return client;
  }

  /** The client's end, as lean as this needs it: whole texts below 64 KiB. */
  private static final class Client implements Line {
    private static final Duration LONGEST_HANDSHAKE = Duration.ofSeconds(5);

    private final LocalConnector.LocalEndPoint endPoint;
    private ByteBuffer received = ByteBuffer.allocate(0);

    Client(LocalConnector.LocalEndPoint endPoint) {
      this.endPoint = endPoint;
    }

    void upgraded() throws IOException, InterruptedException, TimeoutException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      int ended = 0;
      while (ended < 4) {
        byte next = one(LONGEST_HANDSHAKE);
        head.write(next);
        ended = next == (ended % 2 == 0 ? '\r' : '\n') ? ended + 1 : 0;
      }
      String line = head.toString(StandardCharsets.US_ASCII).lines().findFirst().orElse("");
      if (!line.contains(" " + HttpStatus.SWITCHING_PROTOCOLS_101 + " ")) {
        throw new IOException("a handshake was answered with " + line);
      }
    }

    private byte one(Duration longest) throws InterruptedException, TimeoutException {
      if (!received.hasRemaining()) {
        received = endPoint.waitForOutput(longest.toMillis(), TimeUnit.MILLISECONDS);
        if (received == null || !received.hasRemaining()) {
          received = ByteBuffer.allocate(0);
          throw new TimeoutException("nothing within " + longest.toMillis() + " ms");
        }
      }
      return received.get();
    }

    @Override
    public void send(String text) {
      send(TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    private void send(int head, byte[] payload) {
      ByteBuffer frame = ByteBuffer.allocate(payload.length + 8);
      frame.put((byte) head);
      if (payload.length < SHORT) {
        frame.put((byte) (0x80 | payload.length));
      } else {
        frame.put((byte) (0x80 | SHORT)).putShort((short) payload.length);
      }
      frame.putInt(MASK);
      for (int i = 0; i < payload.length; i++) {
        frame.put((byte) (payload[i] ^ (MASK >>> (8 * (3 - i % 4)))));
      }
      endPoint.addInput(frame.flip());
    }

    @Override
    public String next(Duration longest)
        throws IOException, InterruptedException, TimeoutException {
      return new String(frame(TEXT, longest), StandardCharsets.UTF_8);
    }

    private byte[] frame(int wanted, Duration longest)
        throws IOException, InterruptedException, TimeoutException {
      int head = one(longest) & 0xFF;
      int length = one(longest) & 0xFF;
      if (length == SHORT) {
        length = (one(longest) & 0xFF) << 8 | (one(longest) & 0xFF);
      }
      if (head != wanted || length > 0xFFFF) {
        throw new IOException("another frame than " + wanted + " came: " + head);
      }
      byte[] payload = new byte[length];
      for (int i = 0; i < length; i++) {
        payload[i] = one(longest);
      }
      return payload;
    }

    @Override
    public void leave() throws IOException, InterruptedException, TimeoutException {
      send(CLOSE, NORMAL);
      frame(CLOSE, LONGEST_HANDSHAKE);
      endPoint.close();
    }
  }
}
