package dev.drawbridge.filters.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A key-set server that answers as it is told: well, badly, never. */
public final class JwksServer implements AutoCloseable {

  /** Writes one answer. */
  @FunctionalInterface
  public interface Behaviour {
    void answer(HttpExchange exchange) throws IOException;
  }

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger requests = new AtomicInteger();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final int port;
  private HttpServer server;
  private volatile Behaviour behaviour;

  public JwksServer(String keys) throws IOException {
    behave(serving(keys));
    server = listen(0);
    port = server.getAddress().getPort();
  }

  private HttpServer listen(int wanted) throws IOException {
    HttpServer made =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 0);
    made.setExecutor(threads);
    made.createContext(
        "/keys",
        exchange -> {
          requests.incrementAndGet();
          try (exchange) {
            behaviour.answer(exchange);
          }
        });
    made.start();
    return made;
  }

  public static Behaviour serving(String body, String... headers) {
    return answering(200, body, headers);
  }

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

  /** Does not even answer the head. */
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

  public void behave(Behaviour newBehaviour) {
    behaviour = newBehaviour;
  }

  public int requests() {
    return requests.get();
  }

  public URI url() {
    return URI.create("http://localhost:" + port + "/keys");
  }

  /** Stops listening; the port stays free for {@link #revive}. */
  public void die() {
    server.stop(0);
  }

  public void revive() throws IOException {
    server = listen(port);
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
