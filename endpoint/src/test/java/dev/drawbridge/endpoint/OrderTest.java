package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In which order messages are handled and answered, up to the client's close and after it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OrderTest {
  private static final int MANY = 20;

  record Numbered(int n) {}

  private final Map<String, LinkedBlockingQueue<String>> told = new ConcurrentHashMap<>();
  private final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();
  private final Map<String, ConnectionClose> closes = new ConcurrentHashMap<>();

  /** The direct way, and that of Jetty's API. */
  private final Map<String, TestServer> servers = new ConcurrentHashMap<>();

  @BeforeAll
  void start() {
    servers.put("direct", setup().start());
    servers.put("api", setup().api().start());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // Handlers return stages; the endpoint waits.
  private TestServer.Setup setup() {
    return TestServer.setup()
        .set("drawbridge.handler.timeout", "400ms")
        .set("drawbridge.connections.per.user", "0")
        .endpoint(
            endpoint ->
                endpoint
                    .onClose(
                        (connection, close) -> {
                          closes.put(connection.user().subject(), close);
                          tell(connection, "closed");
                        })
                    .on("pooled", Numbered.class, (data, c) -> handled(c, data))
                    .on("direct", Numbered.class)
                    .onReadingThread()
                    .handle((d, c) -> handled(c, d))
                    .on(
                        "stage",
                        Numbered.class,
                        (data, c) -> CompletableFuture.supplyAsync(() -> handled(c, data)))
                    .on(
                        "gated",
                        Numbered.class,
                        (data, c) -> {
                          tell(c, "gated");
                          gate(c.user().subject()).await();
                          return handled(c, data);
                        })
                    .on("never", JsonNode.class, (data, c) -> new CompletableFuture<String>())
                    .on(
                        "pushes",
                        Numbered.class,
                        (data, c) -> {
                          c.send("news", data.n());
                          return data;
                        }));
  }

  @AfterAll
  void stop() {
    servers.values().forEach(TestServer::close);
  }

  private Object handled(Connection connection, Numbered data) {
    tell(connection, String.valueOf(data.n()));
    return data;
  }

  private void tell(Connection connection, String what) {
    queue(connection.user().subject()).add(what);
  }

  private LinkedBlockingQueue<String> queue(String subject) {
    return told.computeIfAbsent(subject, name -> new LinkedBlockingQueue<>());
  }

  private CountDownLatch gate(String subject) {
    return gates.computeIfAbsent(subject, name -> new CountDownLatch(1));
  }

  private List<String> told(String subject, int count) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      try {
        all.add(queue(subject).poll(10, TimeUnit.SECONDS));
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    return all;
  }

  private static String json(String type, int n) {
    return "{\"type\":\"" + type + "\",\"id\":\"m" + n + "\",\"data\":{\"n\":" + n + "}}";
  }

  private static byte[] close(int code) {
    byte[] payload = {(byte) (code >> 8), (byte) code, 'd', 'o', 'n', 'e'};
    return RawSocket.frame(RawSocket.CLOSE, true, false, payload.length, payload);
  }

  @ParameterizedTest
  @CsvSource({
    "direct,pooled", "direct,direct", "direct,stage", "direct,gated",
    "api,pooled", "api,direct", "api,stage", "api,gated"
  })
  void whatAClientSentBeforeItsCloseIsHandledInOrder(String way, String type) throws IOException {
    String subject = "crowd-" + way + "-" + type;
    List<String> expected = new ArrayList<>();
    try (RawSocket socket = new RawSocket(servers.get(way).port(), subject)) {
      for (int i = 0; i < MANY; i++) {
        socket.raw(RawSocket.textFrame(json(type, i)));
        if (type.equals("gated")) {
          expected.add("gated");
        }
        expected.add(String.valueOf(i));
      }
      socket.raw(close(1000));
      RawSocket.Frame answer = socket.readUntil(RawSocket.CLOSE);
      assertThat(answer.closeCode()).isEqualTo(1000);
    }
    expected.add("closed");

    gate(subject).countDown();

    assertThat(told(subject, expected.size())).isEqualTo(expected);
    assertThat(closes.get(subject).code()).isEqualTo(1000);
    assertThat(closes.get(subject).reason()).isEqualTo("done");
    assertThat(closes.get(subject).initiator()).isEqualTo(Initiator.CLIENT);
    assertThat(closes.get(subject).age()).isPositive();
  }

  @ParameterizedTest
  @CsvSource({"direct", "api"})
  void finRightBehindTheCloseChangesNothing(String way) throws IOException {
    String subject = "crowd-fin-" + way;
    RawSocket socket = new RawSocket(servers.get(way).port(), subject);
    socket.readUntil(RawSocket.TEXT);
    for (int i = 0; i < MANY; i++) {
      socket.raw(RawSocket.textFrame(json("gated", i)));
    }
    socket.raw(close(1001));
    socket.socket().shutdownOutput();

    gate(subject).countDown();

    List<String> all = told(subject, 2 * MANY + 1);
    assertThat(all.get(2 * MANY)).isEqualTo("closed");
    assertThat(all.get(2 * MANY - 1)).isEqualTo(String.valueOf(MANY - 1));
    assertThat(closes.get(subject).code()).isEqualTo(1001);
    socket.close();
  }

  @ParameterizedTest
  @CsvSource({"direct,FIN", "direct,RST", "api,FIN", "api,RST"})
  void whatTheNetworkCutsIsTold(String way, String kind) throws IOException {
    String subject = "crowd-cut-" + way + "-" + kind;
    RawSocket socket = new RawSocket(servers.get(way).port(), subject);
    socket.readUntil(RawSocket.TEXT);
    if (kind.equals("RST")) {
      socket.socket().setSoLinger(true, 0);
    }
    socket.close();

    assertThat(told(subject, 1)).containsExactly("closed");
    assertThat(closes.get(subject).code()).isEqualTo(1006);
    assertThat(closes.get(subject).initiator()).isEqualTo(Initiator.NETWORK);
  }

  @ParameterizedTest
  @CsvSource({"direct,1007,TEXT", "api,1007,TEXT", "direct,1002,PING", "api,1002,PING"})
  void whatTheContainerClosesIsClosedByTheServer(String way, int code, String kind)
      throws IOException {
    String subject = "crowd-broken-" + way + "-" + kind;
    try (RawSocket socket = new RawSocket(servers.get(way).port(), subject)) {
      socket.readUntil(RawSocket.TEXT);
      boolean text = kind.equals("TEXT");
      byte[] bad = {(byte) 0xC3, (byte) 0x28};
      socket.raw(
          RawSocket.frame(text ? RawSocket.TEXT : RawSocket.PING, text, false, bad.length, bad));
      assertThat(socket.readUntil(RawSocket.CLOSE).closeCode()).isEqualTo(code);
    }

    assertThat(told(subject, 1)).containsExactly("closed");
    assertThat(closes.get(subject).code()).isEqualTo(code);
    assertThat(closes.get(subject).initiator()).isEqualTo(Initiator.SERVER);
  }

  @Test
  void whatTheServerClosesIsTold() {
    TestServer server = servers.get("direct");
    try (RecordingClient client = server.connect("crowd-server")) {
      server
          .connections()
          .list()
          .forEach(
              connection -> {
                if (connection.user().subject().equals("crowd-server")) {
                  connection.close(CloseCode.TRY_AGAIN_LATER, "later");
                }
              });
      client.expectClose(1013);
    }

    assertThat(told("crowd-server", 1)).containsExactly("closed");
    ConnectionClose close = closes.get("crowd-server");
    assertThat(close.code()).isEqualTo(1013);
    assertThat(close.reason()).isEqualTo("later");
    assertThat(close.initiator()).isEqualTo(Initiator.SERVER);
  }

  @ParameterizedTest
  @CsvSource({"direct", "api"})
  void answersComeInTheOrderOfTheMessages(String way) {
    try (RecordingClient client = servers.get(way).connect("crowd-order-" + way)) {
      client.sendText(json("gated", 0));
      client.sendText("{\"type\":\"pooled\",\"id\":\"m1\",\"data\":{\"n\":\"x\"}}");
      client.sendText(json("stage", 2));
      client.sendText("{\"type\":\"nobody\",\"id\":\"m3\"}");
      client.sendText("{");
      client.sendText(json("direct", 5));
      client.send("ping", "p", null);
      assertThat(client.expect("pong").id()).isEqualTo("p");

      gate("crowd-order-" + way).countDown();

      List<String> answers = new ArrayList<>();
      IntStream.range(0, 6)
          .forEach(
              i -> {
                Frame frame = client.next();
                answers.add(frame.type() + " " + frame.id() + " " + code(frame));
              });
      assertThat(answers)
          .containsExactly(
              "ack m0 ",
              "error m1 message_data_invalid",
              "ack m2 ",
              "error m3 message_type_unknown",
              "error null message_not_json",
              "ack m5 ");
      client.leave();
    }
  }

  private static String code(Frame frame) {
    return frame.json().at("/error/code").asText("");
  }

  @Test
  void whatAHandlerSendsComesBeforeItsAck() {
    try (RecordingClient client = servers.get("direct").connect("crowd-push")) {
      client.sendText(json("pushes", 1));

      assertThat(client.expect("news").data().asInt()).isEqualTo(1);
      assertThat(client.expect("ack").id()).isEqualTo("m1");
      client.leave();
    }
  }

  @ParameterizedTest
  @CsvSource({"direct", "api"})
  void stageThatNeverCompletesLetsTheNextMessageStart(String way) {
    try (RecordingClient client = servers.get(way).connect("crowd-never-" + way)) {
      client.send("never", "a", null);
      client.send("never", "b", null);
      client.sendText(json("pooled", 3));

      assertThat(client.expectError("handler_timeout").id()).isEqualTo("a");
      assertThat(client.expectError("handler_timeout").id()).isEqualTo("b");
      assertThat(client.expect("ack").id()).isEqualTo("m3");
      client.leave();
    }
  }

  @Test
  void stageThatNeverCompletesDoesNotHoldBackWhatCameBeforeAClose() throws IOException {
    String subject = "crowd-never-closed";
    try (RawSocket socket = new RawSocket(servers.get("direct").port(), subject)) {
      socket.raw("".getBytes(StandardCharsets.UTF_8));
      socket.raw(RawSocket.textFrame("{\"type\":\"never\"}"));
      socket.raw(RawSocket.textFrame(json("pooled", 7)));
      socket.raw(close(1000));
      socket.readUntil(RawSocket.CLOSE);
    }

    assertThat(told(subject, 2)).containsExactly("7", "closed");
  }
}
