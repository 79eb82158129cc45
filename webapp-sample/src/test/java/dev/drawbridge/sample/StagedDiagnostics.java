package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The diagnostics page as a server delivers it, its policy included, with what a test tells it in
 * place of what that server knows: servers of a cluster, ten minutes, names that strangers chose.
 */
final class StagedDiagnostics implements AutoCloseable {
  private static final String PAGE = "/ws/diagnostics";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** Guarded by this. */
  private final List<OutputStream> listeners = new ArrayList<>();

  private final HttpResponse<String> page;

  /** What the page is told when it listens. Guarded by this. */
  private ObjectNode members;

  /** With the page and the members of a real server. */
  StagedDiagnostics(SampleServer real) throws Exception {
    page = real.get(PAGE, "Accept", "text/html");
    members = (ObjectNode) Json.read(real.get(PAGE + ".json").body());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(PAGE, this::sendPage);
    server.createContext(PAGE + "/events", this::sendEvents);
    server.setExecutor(threads);
    server.start();
  }

  URI page() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + PAGE);
  }

  /** To change, and then to show. */
  synchronized ObjectNode members() {
    return members.deepCopy();
  }

  /** Pages that listen are told, and those that come. */
  synchronized void show(ObjectNode now) {
    members = now;
    listeners.removeIf(listener -> !isTold(listener, now));
  }

  /** False when that page was left. */
  private static boolean isTold(OutputStream listener, ObjectNode now) {
    try {
      write(listener, now);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void write(OutputStream out, ObjectNode members) throws IOException {
    out.write(("event: update\ndata: " + members + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private void sendPage(HttpExchange exchange) throws IOException {
    for (String name : List.of("Content-Type", "Content-Security-Policy")) {
      exchange.getResponseHeaders().set(name, page.headers().firstValue(name).orElseThrow());
    }
    byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private void sendEvents(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    synchronized (this) {
      write(out, members);
      listeners.add(out);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
