package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.drawbridge.testing.LocalHttp;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The diagnostics page as a server delivers it, its policy included, with what a test tells it in
 * place of what that server knows: servers of a cluster, ten minutes, names that strangers chose, a
 * clock that is wrong, silence.
 */
final class StagedDiagnostics implements AutoCloseable {
  private static final String PAGE = "/ws/diagnostics";

  private final LocalHttp server = new LocalHttp();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final ScheduledExecutorService heart = Executors.newSingleThreadScheduledExecutor();

  /** Guarded by this, as all below. */
  private final List<OutputStream> listeners = new ArrayList<>();

  /** What the page is told when it listens. */
  private ObjectNode members;

  /** How far the server's clock is ahead of the browser's. */
  private Duration ahead = Duration.ZERO;

  /** Whether nothing is said, as by a process that stands still. */
  private boolean silent;

  /** With the page and the members of a real server. */
  @SuppressWarnings("FutureReturnValueIgnored") // A failed beat is a page that goes silent.
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
    listen();
    Future<?> unused = heart.scheduleWithFixedDelay(this::beat, 1, 1, TimeUnit.SECONDS);
  }

  /** Takes pages, as after a start. */
  void listen() {
    server.at(PAGE + "/events", this::sendEvents);
    server.at(PAGE + ".json", LocalHttp.serving("{}", "Content-Type", "application/json"));
  }

  /** Takes no page any more, and leaves those that listen: another start, or no Drawbridge. */
  synchronized void refuse(int status, String code) {
    LocalHttp.Behaviour refusal =
        LocalHttp.answering(
            status,
            "{\"code\":\"" + code + "\"}",
            "Content-Type",
            "application/problem+json; charset=utf-8");
    server.at(PAGE + "/events", refusal);
    server.at(PAGE + ".json", refusal);
    listeners.forEach(StagedDiagnostics::end);
    listeners.clear();
  }

  private static void end(OutputStream listener) {
    try {
      listener.close();
    } catch (IOException e) {
      // That page was left.
    }
  }

  synchronized void clockAhead(Duration by) {
    ahead = by;
  }

  synchronized void silent(boolean now) {
    silent = now;
  }

  /** As the real one: without a word the page would take the server for gone. */
  private synchronized void beat() {
    if (!silent) {
      ObjectNode nothing = members.objectNode();
      listeners.removeIf(listener -> !isTold(listener, nothing));
    }
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
  private boolean isTold(OutputStream listener, ObjectNode now) {
    try {
      write(listener, now);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void write(OutputStream out, ObjectNode members) throws IOException {
    ObjectNode told = members.objectNode();
    told.put("serverTime", System.currentTimeMillis() + ahead.toMillis());
    told.setAll((ObjectNode) members.deepCopy().without("serverTime"));
    out.write(("event: update\ndata: " + told + "\n\n").getBytes(StandardCharsets.UTF_8));
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
    heart.shutdownNow();
    closing.countDown();
    server.close();
  }
}
