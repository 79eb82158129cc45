package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.internal.diagnostics.DiagnosticsStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The life of a page that listens. */
class DiagnosticsStreamTest {
  private static final JsonMapper JSON = new JsonMapper();

  /** A page: what it reads are the data lines of its events. */
  private static final class Page implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader reader;

    Page(TestServer server) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              ("GET /ws/diagnostics/events?key="
                      + server.devKey()
                      + " HTTP/1.1\r\nHost: localhost:"
                      + server.port()
                      + "\r\nAccept: text/event-stream\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    /** The next line that begins so; null at the end of the answer. */
    String line(String start) throws IOException {
      String line = reader.readLine();
      while (line != null && !line.startsWith(start)) {
        // The end of a chunked answer, on a connection that stays open.
        if (line.equals("0")) {
          return null;
        }
        line = reader.readLine();
      }
      return line;
    }

    JsonNode update() throws IOException {
      return JSON.readTree(line("data: ").substring("data: ".length()));
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void theFirstEventHasAllAndTheNextOnesWhatHasChanged() throws Exception {
    try (TestServer server = TestServer.setup().start();
        Page page = new Page(server)) {
      assertThat(page.line("Content-Type"))
          .isEqualTo("Content-Type: text/event-stream;charset=utf-8");
      assertThat(page.update().fieldNames()).toIterable().contains("verdict", "settings");

      long before = System.nanoTime();
      server.get("/ws", "Sec-WebSocket-Version", "13");
      JsonNode changed = page.update();

      assertThat((System.nanoTime() - before) / 1_000_000).as("ms").isLessThan(1_000);
      assertThat(changed.at("/attempts/0/code").asText()).isEqualTo("token_missing");
      assertThat(changed.at("/verdict/code").asText()).isEqualTo("token_missing");
      assertThat(changed.has("settings")).isFalse();
    }
  }

  /** Else a page could tell neither a wrong clock of its own nor a server that stands still. */
  @Test
  void eachEventSaysTheServersTimeAndSilenceIsBroken() throws Exception {
    try (TestServer server = TestServer.setup().start();
        Page page = new Page(server)) {
      long before = System.currentTimeMillis();
      long last = page.update().path("serverTime").asLong();
      assertThat(last).isBetween(before, before + 10_000);

      JsonNode silence = page.update();
      for (int i = 0; i < 20 && silence.size() > 1; i++) {
        silence = page.update();
      }

      assertThat(silence.fieldNames()).toIterable().containsExactly("serverTime");
      assertThat(silence.path("serverTime").asLong()).isBetween(last, last + 60_000);
    }
  }

  @Test
  void aPageThatLeavesIsNoticedAndNothingRunsAnyMore() throws Exception {
    try (TestServer server = TestServer.setup().start()) {
      DiagnosticsStream stream = server.diagnostics().stream();
      assertThat(stream.isRunning()).isFalse();
      try (Page page = new Page(server)) {
        page.update();
        assertThat(stream.listeners()).isEqualTo(1);
      }

      TestServer.await("it is forgotten", () -> stream.listeners() == 0 && !stream.isRunning());
    }
  }

  @Test
  void onePageTooManyGetsOneEventAndComesBack() throws Exception {
    try (TestServer server = TestServer.setup().start()) {
      List<Page> pages = new ArrayList<>();
      for (int i = 0; i < DiagnosticsStream.MAX_LISTENERS; i++) {
        Page page = new Page(server);
        pages.add(page);
        page.update();
      }
      try (Page page = new Page(server)) {
        assertThat(page.line("retry: ")).isEqualTo("retry: 2000");
        assertThat(page.update().has("verdict")).isTrue();
        assertThat(page.line("data: ")).as("nothing follows").isNull();
      }
      assertThat(server.diagnostics().stream().listeners())
          .isEqualTo(DiagnosticsStream.MAX_LISTENERS);
      for (Page page : pages) {
        page.close();
      }
    }
  }

  @Test
  void nothingIsLeftWhenTheApplicationStops() throws Exception {
    TestServer server = TestServer.setup().start();
    DiagnosticsStream stream = server.diagnostics().stream();
    try (Page page = new Page(server)) {
      page.update();

      server.close();

      assertThat(page.line("data: ")).isNull();
      assertThat(stream.listeners()).isZero();
      assertThat(stream.isRunning()).isFalse();
      TestServer.await(
          "its thread has ended",
          () ->
              Thread.getAllStackTraces().keySet().stream()
                  .noneMatch(thread -> thread.getName().equals("drawbridge-diagnostics")));
    }
  }
}
