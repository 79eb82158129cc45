package dev.drawbridge.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Firefox through the few commands of WebDriver BiDi (W3C) that {@link Browser} needs. */
final class FirefoxBrowser implements Browser {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long TIMEOUT_SECONDS = 30;
  private static final String LISTENING = "WebDriver BiDi listening on ";

  /**
   * A test profile: no request but those of the page, and none through a proxy. Nor does it hold
   * WebSockets back for up to a minute, as Firefox does after failures: tests cause them by the
   * dozen.
   */
  private static final String PREFERENCES =
      """
      user_pref("app.normandy.enabled", false);
      user_pref("app.update.disabledForTesting", true);
      user_pref("browser.safebrowsing.downloads.remote.enabled", false);
      user_pref("browser.safebrowsing.malware.enabled", false);
      user_pref("browser.safebrowsing.phishing.enabled", false);
      user_pref("browser.shell.checkDefaultBrowser", false);
      user_pref("datareporting.policy.dataSubmissionEnabled", false);
      user_pref("extensions.update.enabled", false);
      user_pref("network.captive-portal-service.enabled", false);
      user_pref("network.connectivity-service.enabled", false);
      user_pref("network.proxy.type", 0);
      user_pref("network.websocket.delay-failed-reconnects", false);
      user_pref("services.settings.server", "");
      user_pref("toolkit.telemetry.enabled", false);
      """;

  private final Process process;
  private final Path profile;
  private final Connection connection;
  private final String tab;
  private final boolean first;

  /** The tab that stands in front of this one; null while this one is shown. */
  private @Nullable String cover;

  private FirefoxBrowser(
      Process process, Path profile, Connection connection, String tab, boolean first) {
    this.process = process;
    this.profile = profile;
    this.connection = connection;
    this.tab = tab;
    this.first = first;
  }

  static Browser start(Path program) throws IOException {
    Path profile = Files.createTempDirectory("drawbridge-firefox");
    Files.writeString(profile.resolve("user.js"), PREFERENCES);
    ProcessBuilder builder =
        new ProcessBuilder(
            program.toString(),
            "--headless",
            "--no-remote",
            "--profile",
            profile.toString(),
            "--remote-debugging-port",
            "0",
            "about:blank");
    Process process;
    String address;
    try {
      Processes.Started started = Processes.start(builder, line -> line.contains(LISTENING));
      process = started.process();
      String line = started.readyLine();
      address = line.substring(line.indexOf(LISTENING) + LISTENING.length()).strip();
    } catch (IOException e) {
      Processes.deleteQuietly(profile);
      throw e;
    }
    try {
      Connection connection = Connection.open(URI.create(address + "/session"));
      ObjectNode session = JSON.createObjectNode();
      // Pages by https that tests deliver have certificates of their own.
      session.putObject("capabilities").putObject("alwaysMatch").put("acceptInsecureCerts", true);
      connection.send("session.new", session);
      JsonNode tree = connection.send("browsingContext.getTree", JSON.createObjectNode());
      String tab = tree.at("/contexts/0/context").asText();
      return new FirefoxBrowser(process, profile, connection, tab, true);
    } catch (BrowserException e) {
      Processes.end(process);
      Processes.deleteQuietly(profile);
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public BrowserKind kind() {
    return BrowserKind.FIREFOX;
  }

  @Override
  public void open(URI page) {
    ObjectNode parameters = JSON.createObjectNode();
    parameters.put("context", tab).put("url", page.toString()).put("wait", "complete");
    connection.send("browsingContext.navigate", parameters);
  }

  @Override
  public JsonNode evaluate(String expression) {
    ObjectNode parameters = JSON.createObjectNode();
    parameters.put(
        "expression", "(async () => JSON.stringify({value: await (" + expression + ")}))()");
    parameters.putObject("target").put("context", tab);
    parameters.put("awaitPromise", true);
    JsonNode result = connection.send("script.evaluate", parameters);
    if (!result.path("type").asText().equals("success")) {
      String text = result.at("/exceptionDetails/text").asText();
      throw new BrowserException(text + " in " + expression);
    }
    try {
      JsonNode value = JSON.readTree(result.at("/result/value").asText()).get("value");
      return value == null ? JSON.nullNode() : value;
    } catch (IOException e) {
      throw new BrowserException("no JSON from " + expression, e);
    }
  }

  @Override
  public Browser newTab(URI page) {
    Browser opened = new FirefoxBrowser(process, profile, connection, createTab(), false);
    opened.open(page);
    return opened;
  }

  /** In front of all others. */
  private String createTab() {
    JsonNode created =
        connection.send("browsingContext.create", JSON.createObjectNode().put("type", "tab"));
    return created.path("context").asText();
  }

  private void closeTab(String closed) {
    connection.send("browsingContext.close", JSON.createObjectNode().put("context", closed));
  }

  @Override
  public void hidden(boolean hidden) {
    if (hidden && cover == null) {
      cover = createTab();
    } else if (!hidden && cover != null) {
      closeTab(cover);
      cover = null;
      connection.send("browsingContext.activate", JSON.createObjectNode().put("context", tab));
    }
  }

  @Override
  public boolean offline(boolean offline) {
    ObjectNode parameters = JSON.createObjectNode();
    parameters.putArray("contexts").add(tab);
    if (offline) {
      parameters.putObject("networkConditions").put("type", "offline");
    } else {
      parameters.putNull("networkConditions");
    }
    connection.send("emulation.setNetworkConditions", parameters);
    return true;
  }

  @Override
  public void close() {
    if (!first) {
      try {
        closeTab(tab);
      } catch (BrowserException e) {
        // It is gone already.
      }
      return;
    }
    try {
      connection.send("browser.close", JSON.createObjectNode());
    } catch (BrowserException e) {
      // It is gone already, and the process is ended in any case.
    }
    connection.abort();
    Processes.end(process);
    Processes.deleteQuietly(profile);
  }

  /** Commands out, answers in, matched by their id. Thread-safe. */
  private static final class Connection implements WebSocket.Listener {
    private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong nextId = new AtomicLong();
    private final StringBuilder text = new StringBuilder();
    private @Nullable WebSocket socket;

    static Connection open(URI address) {
      Connection connection = new Connection();
      connection.socket =
          get(
              HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(address, connection),
              "connect to Firefox");
      return connection;
    }

    JsonNode send(String method, ObjectNode parameters) {
      WebSocket open = socket;
      if (open == null) {
        throw new BrowserException("not connected to Firefox");
      }
      long id = nextId.incrementAndGet();
      ObjectNode command = JSON.createObjectNode();
      command.put("id", id).put("method", method).set("params", parameters);
      CompletableFuture<JsonNode> answer = new CompletableFuture<>();
      waiting.put(id, answer);
      try {
        get(open.sendText(command.toString(), true), "send " + method);
        JsonNode message = get(answer, method);
        if (!message.path("type").asText().equals("success")) {
          throw new BrowserException(
              method + ": " + message.path("error").asText() + ", " + message.path("message"));
        }
        return message.path("result");
      } finally {
        waiting.remove(id);
      }
    }

    void abort() {
      if (socket != null) {
        socket.abort();
      }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        String message = text.toString();
        text.setLength(0);
        try {
          JsonNode node = JSON.readTree(message);
          CompletableFuture<JsonNode> answer = waiting.get(node.path("id").asLong());
          if (answer != null) {
            answer.complete(node);
          }
        } catch (IOException e) {
          waiting.values().forEach(answer -> answer.completeExceptionally(e));
        }
      }
      from.request(1);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      waiting.values().forEach(answer -> answer.completeExceptionally(error));
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      onError(from, new IOException("closed with " + code));
      return null;
    }

    private static <T> T get(CompletableFuture<T> future, String what) {
      try {
        return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        throw new BrowserException("cannot " + what + ": " + e, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BrowserException("interrupted: " + what, e);
      }
    }
  }
}
