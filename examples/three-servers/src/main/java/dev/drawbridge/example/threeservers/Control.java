package dev.drawbridge.example.threeservers;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * What the page can do and see: {@code GET /control/state}, {@code POST /control/kill/N}, {@code
 * POST /control/start/N} and, as its login, {@code POST /control/token/USER}. For pages of this
 * origin alone.
 */
final class Control implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private final ThreeServers all;
  private final Login login;
  private final HttpServer http;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  Control(ThreeServers all, Login login) throws IOException {
    this.all = all;
    this.login = login;
    this.http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    http.setExecutor(threads);
    http.createContext("/control/", this::answer);
    http.start();
  }

  int port() {
    return http.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        act(exchange);
      } catch (IllegalArgumentException e) {
        send(exchange, 400, String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        send(exchange, 500, String.valueOf(e.getMessage()));
      }
    }
  }

  private void act(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/", -1);
    String question = exchange.getRequestMethod() + " " + path[2];
    String name = path.length > 3 ? path[3] : "";
    if (!isOurs(exchange)) {
      send(exchange, 403, "for pages of this origin alone");
    } else if (question.equals("GET state")) {
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      send(exchange, 200, JSON.writeValueAsString(state()));
    } else if (question.equals("POST kill") && ThreeServers.NAMES.contains(name)) {
      String report = all.kill(name);
      System.out.println(report);
      send(exchange, 200, report);
    } else if (question.equals("POST start") && ThreeServers.NAMES.contains(name)) {
      start(exchange, name);
    } else if (question.equals("POST token")) {
      send(exchange, 200, login.token(name));
    } else {
      send(exchange, 404, "unknown");
    }
  }

  private void start(HttpExchange exchange, String name) throws IOException {
    String report;
    try {
      report = all.start(name);
    } catch (IOException e) {
      send(exchange, 500, String.valueOf(e.getMessage()));
      return;
    }
    send(exchange, 200, report);
  }

  /** Neither a foreign page nor a foreign name of this address gets through. */
  private boolean isOurs(HttpExchange exchange) {
    List<String> hosts = List.of("localhost:" + all.port(), "127.0.0.1:" + all.port());
    String host = exchange.getRequestHeaders().getFirst("Host");
    String origin = exchange.getRequestHeaders().getFirst("Origin");
    return hosts.contains(host) && (origin == null || origin.equals("http://" + host));
  }

  private Map<String, Object> state() {
    Map<String, Object> servers = new LinkedHashMap<>();
    ThreeServers.NAMES.forEach(name -> servers.put(name, all.isAlive(name)));
    return Map.of("servers", servers, "visitors", all.visitors(), "report", all.report());
  }

  private static void send(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}
