package dev.drawbridge.dropin;

import dev.drawbridge.endpoint.testkit.TestTokens;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A client with cookies, and with the JDK's WebSocket for endpoints that are not ours. */
final class Visitor {
  static final TestTokens TOKENS = new TestTokens();
  static final String SUBPROTOCOL = "Sec-WebSocket-Protocol";
  private static final long PATIENCE_SECONDS = 20;

  private static final List<String> TELLING =
      List.of(
          "Location",
          "Content-Type",
          "Content-Security-Policy",
          "X-Frame-Options",
          "Allow",
          "WWW-Authenticate");

  private final HttpClient http =
      HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
  private final int port;

  Visitor(int port) {
    this.port = port;
  }

  URI socket(String path) {
    return URI.create("ws://127.0.0.1:" + port + path);
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    return send(HttpRequest.newBuilder().GET(), path, headers);
  }

  HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    return send(
        HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(body)), path, headers);
  }

  HttpResponse<String> preflight(String path, String origin) throws Exception {
    return send(
        HttpRequest.newBuilder().method("OPTIONS", HttpRequest.BodyPublishers.noBody()),
        path,
        "Origin",
        origin,
        "Access-Control-Request-Method",
        "PUT");
  }

  private HttpResponse<String> send(HttpRequest.Builder request, String path, String... headers)
      throws Exception {
    if (headers.length > 0) {
      request.headers(headers);
    }
    request.uri(URI.create("http://127.0.0.1:" + port + path)).timeout(Duration.ofSeconds(20));
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /**
   * All that an application says to a request and that should be the same after the next start: no
   * port, session, time or identity of an object.
   */
  String seen(String path, String... headers) throws Exception {
    return told(path, get(path, headers));
  }

  String told(String path, HttpResponse<String> answer) {
    StringBuilder text = new StringBuilder(path).append(" -> ").append(answer.statusCode());
    for (String name : TELLING) {
      answer
          .headers()
          .allValues(name)
          .forEach(value -> text.append('\n').append(name).append(": ").append(value));
    }
    return text.append('\n')
        .append(answer.body())
        .toString()
        .replace(":" + port, ":PORT")
        .replaceAll("(?i)(jsessionid=)[\\w.]+", "$1ID")
        .replaceAll("(\"timestamp\":)\\d+", "$1NOW");
  }

  static String bearer(String subject) {
    return "Bearer " + TOKENS.of(subject);
  }

  /** The status of a WebSocket handshake; an accepted one is closed again. */
  int handshake(String path, String... headers) throws Exception {
    try {
      WebSocket socket = open(path, new WebSocket.Listener() {}, headers);
      socket.abort();
      return 101;
    } catch (CompletionException e) {
      if (e.getCause() instanceof WebSocketHandshakeException refused) {
        return refused.getResponse().statusCode();
      }
      throw e;
    }
  }

  /** Sends one text and gives the first one that comes back. */
  String ask(String path, String text, String... headers) throws Exception {
    CompletableFuture<String> answer = new CompletableFuture<>();
    StringBuilder received = new StringBuilder();
    WebSocket.Listener listener =
        new WebSocket.Listener() {
          @Override
          public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            received.append(part);
            if (last) {
              answer.complete(received.toString());
            }
            from.request(1);
            return null;
          }

          @Override
          public void onError(WebSocket from, Throwable error) {
            answer.completeExceptionally(error);
          }
        };
    WebSocket socket = open(path, listener, headers);
    try {
      socket.sendText(text, true).join();
      return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } finally {
      socket.abort();
    }
  }

  private WebSocket open(String path, WebSocket.Listener listener, String... headers) {
    WebSocket.Builder builder = http.newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      if (headers[i].equals(SUBPROTOCOL)) {
        String[] offers = headers[i + 1].split(", ", -1);
        builder.subprotocols(offers[0], Arrays.copyOfRange(offers, 1, offers.length));
      } else {
        builder.header(headers[i], headers[i + 1]);
      }
    }
    return builder.buildAsync(socket(path), listener).join();
  }
}
