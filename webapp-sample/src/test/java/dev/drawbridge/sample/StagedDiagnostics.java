package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.drawbridge.testing.LocalHttp;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * The diagnostics page as a server delivers it, its policy included, with what a test tells it in
 * place of what that server knows: servers of a cluster, ten minutes, names that strangers chose.
 */
final class StagedDiagnostics implements AutoCloseable {
  private static final String PAGE = "/ws/diagnostics";

  private final LocalHttp server = new LocalHttp();
  private final CountDownLatch closing = new CountDownLatch(1);

  /** Guarded by this, as all below. */
  private final List<OutputStream> listeners = new ArrayList<>();

  /** What the page is told when it listens. */
  private ObjectNode members;

  /** With the page and the members of a real server. */
  StagedDiagnostics(SampleServer real) throws Exception {
    HttpResponse<String> page = real.get(PAGE, "Accept", "text/html");
    members = (ObjectNode) Json.read(real.get(PAGE + ".json").body());
    server.at(
        PAGE,
        LocalHttp.serving(
            page.body(),
            "Content-Type",
            page.headers().firstValue("Content-Type").orElseThrow(),
            "Content-Security-Policy",
            page.headers().firstValue("Content-Security-Policy").orElseThrow()));
    server.at(PAGE + "/events", this::sendEvents);
  }

  URI page() {
    return URI.create(server.url(PAGE));
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

  private void sendEvents(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    synchronized (this) {
      write(out, members);
      listeners.add(out);
    }
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closing.countDown();
    server.close();
  }
}
