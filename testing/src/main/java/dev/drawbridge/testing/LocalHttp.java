package dev.drawbridge.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A small HTTP server of loopback whose paths answer as they are told. Thread-safe. */
public final class LocalHttp implements AutoCloseable {
  private static final Behaviour ABSENT = answering(404, "absent");

  /** Writes one answer. */
  @FunctionalInterface
  public interface Behaviour {
    void answer(HttpExchange exchange) throws IOException;
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Map<String, Behaviour> behaviours = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final int port;
  private volatile Behaviour otherwise = ABSENT;
  private HttpServer server;

  /** Listens on a free port; every path is absent. */
  public LocalHttp() {
    server = listen(0);
    port = server.getAddress().getPort();
  }

  /** A server whose every path is this page. */
  public static LocalHttp page(String html) {
    LocalHttp made = new LocalHttp();
    made.otherwise(answering(200, html, "Content-Type", "text/html; charset=utf-8"));
    return made;
  }

  private HttpServer listen(int wanted) {
    try {
      HttpServer made =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 0);
      made.setExecutor(threads);
      made.createContext("/", this::answer);
      made.start();
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    asked.add(path);
    try (exchange) {
      behaviours.getOrDefault(path, otherwise).answer(exchange);
    }
  }

  /** Answers 200 with a text. */
  public static Behaviour serving(String body, String... headers) {
    return answering(200, body, headers);
  }

  /**
   * Answers with a text in UTF-8.
   *
   * @param headers names and values in turn
   */
  public static Behaviour answering(int status, String body, String... headers) {
    return exchange -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  /** Answers the head and one byte, and then nothing until the server closes. */
  public Behaviour stalling() {
    return exchange -> {
      exchange.sendResponseHeaders(200, 1000);
      OutputStream body = exchange.getResponseBody();
      body.write('{');
      body.flush();
      awaitClose();
    };
  }

  /** Does not even answer the head until the server closes. */
  public Behaviour silent() {
    return exchange -> awaitClose();
  }

  private void awaitClose() throws IOException {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** What one path does from now on. */
  public LocalHttp at(String path, Behaviour behaviour) {
    behaviours.put(path, behaviour);
    return this;
  }

  /** What all paths do that were not told anything. */
  public LocalHttp otherwise(Behaviour behaviour) {
    otherwise = behaviour;
    return this;
  }

  /** The paths that were asked for, in their order. */
  public List<String> asked() {
    return List.copyOf(asked);
  }

  public int port() {
    return port;
  }

  /** The address of a path on this server. */
  public String url(String path) {
    return "http://localhost:" + port + path;
  }

  /** Stops listening; the port stays free for {@link #revive}. */
  public void die() {
    server.stop(0);
  }

  /** Listens again where it did. */
  public void revive() {
    server = listen(port);
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
