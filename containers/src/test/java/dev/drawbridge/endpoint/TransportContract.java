package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What PROTOCOL.md promises whatever container it is: one subclass for each. Where a way through a
 * container is weaker, its traits say so, and the facts here ask them.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
abstract class TransportContract {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** A client that does not answer a close is given up after 2 s; and a machine may be busy. */
  private static final Duration GIVEN_UP = Duration.ofSeconds(6);

  /** Releases that lose bytes or connections by compression, so that there is none. */
  private static final Set<Host> COMPRESSING_BADLY =
      EnumSet.of(Host.JETTY_API, Host.TOMCAT_10_OLDEST, Host.TOMCAT_11_OLDEST);

  private final Host host;
  private Host.Running server;

  /** The same with a heartbeat of a second. */
  private Host.Running hasty;

  TransportContract(Host host) {
    this.host = host;
  }

  @BeforeAll
  void start() throws Exception {
    server =
        host.start(
            "drawbridge.compression", "true",
            "drawbridge.connections.per.user", "5000",
            "drawbridge.connections.max", "5000",
            "drawbridge.messages.per.second", "100000",
            "drawbridge.message.burst", "100000");
    hasty =
        host.start(
            "drawbridge.heartbeat.interval", "1s",
            "drawbridge.heartbeat.grace", "1s",
            "drawbridge.send.timeout", "500ms",
            "drawbridge.close.with.session", "true");
  }

  @AfterAll
  void stop() throws IOException {
    try (Host.Running first = server;
        Host.Running second = hasty) {
      assertThat(first).isNotEqualTo(second);
    }
  }

  @AfterEach
  void serverIsAliveAndEmpty() {
    server.ask("open");
    try (RecordingClient client = server.connect("bob")) {
      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
    server.awaitEmpty();
    hasty.awaitEmpty();
    server.ask("shut");
    hasty.ask("shut");
  }

  private static String echo(String id, String data) {
    return "{\"type\":\"echo\",\"id\":\"" + id + "\",\"data\":\"" + data + "\"}";
  }

  /** What the application is told of the end of each of its connections. */
  private static void awaitCloses(Host.Running of, String... closes) {
    String expected = String.join(", ", closes);
    try {
      Host.await("closes", PATIENCE, () -> of.ask("closes").equals(expected));
    } catch (AssertionError e) {
      assertThat(of.ask("closes")).isEqualTo(expected);
    }
  }

  @Test
  void messagesInPartsAreWholeWhateverIsBetweenThem() throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      byte[] bytes = echo("f", "h\u00e4\u00df\ud83d\ude00").getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bytes.length; i++) {
        // Byte by byte: characters are cut in the middle.
        socket.send(
            i == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION,
            i == bytes.length - 1,
            new byte[] {bytes[i]});
        if (i % 8 == 0 && i < bytes.length - 1) {
          socket.send(RawSocket.PING, true, new byte[] {(byte) i});
          assertThat(socket.readUntil(RawSocket.PONG).payload()).containsExactly((byte) i);
        }
      }

      assertThat(socket.readUntil(RawSocket.TEXT).text())
          .contains("\"ack\"")
          .contains("h\u00e4\u00df\ud83d\ude00");
    }
  }

  /** Over and under every buffer that a container may have. */
  @ParameterizedTest
  @ValueSource(ints = {1, 125, 126, 4_000, 8_190, 8_192, 8_193, 16_384, 40_000, 65_000})
  void messagesOfEverySizeComeBackWhole(int characters) {
    String text = "x\u20ac".repeat(characters).substring(0, Math.min(characters, 21_000));
    String longText = characters > 21_000 ? "y".repeat(characters) : text;
    try (RecordingClient client = server.connect("alice")) {
      assertThat(client.request("echo", longText).data().asText()).isEqualTo(longText);
      client.leave();
    }
  }

  @ParameterizedTest
  @CsvSource({"70000,1", "70000,7", "66000,33000"})
  void messageOverTheLimitIsAnsweredBeforeItCloses(int bytes, int frames) throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      byte[] part = new byte[bytes / frames];
      Arrays.fill(part, (byte) 'x');
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = 0; i < frames; i++) {
        all.writeBytes(
            RawSocket.frame(
                i == 0 ? RawSocket.TEXT : RawSocket.CONTINUATION,
                i == frames - 1,
                false,
                part.length,
                part));
      }
      socket.raw(all.toByteArray());

      assertThat(text(socket.read())).contains("message_too_large");
      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
      assertThat(close.closeCode()).isEqualTo(1009);
      assertThat(reason(close)).isEqualTo("message_too_large");
    }
  }

  @ParameterizedTest
  @CsvSource({"65535,true", "65536,true", "65537,false"})
  void limitIsTheSizeOfTheWholeMessage(int bytes, boolean taken) throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      socket.text(echo("l", "x".repeat(bytes - echo("l", "").length())));

      String answer = text(socket.read());
      assertThat(answer.contains("message_too_large")).isEqualTo(!taken);
    }
  }

  @Test
  void emptyFragmentsForEverAreTooLargeToo() throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      ByteArrayOutputStream many = new ByteArrayOutputStream();
      for (int i = 0; i < 66_000; i++) {
        many.writeBytes(new byte[] {(byte) (i == 0 ? RawSocket.TEXT : 0), (byte) 0x80, 1, 2, 3, 4});
      }
      socket.raw(many.toByteArray());
      if (!keeps("EMPTY_FRAGMENTS")) {
        // They are nothing there, and the message may end yet.
        byte[] end = echo("e", "").substring(1).getBytes(StandardCharsets.UTF_8);
        socket.send(RawSocket.CONTINUATION, true, end);
        assertThat(text(socket.read())).contains("message_not_json");
        return;
      }

      assertThat(text(socket.read())).contains("message_too_large");
      assertThat(socket.readUntil(RawSocket.CLOSE).closeCode()).isEqualTo(1009);
    }
  }

  /** Half of the limit more is what a container's buffer may hold back of it. */
  @Test
  void messageIsRefusedAtTheLimitAndNotAtItsEnd() throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      byte[] over = new byte[65_537];
      Arrays.fill(over, (byte) 'x');
      socket.send(RawSocket.TEXT, true, false, 1_000_000, over);
      if (!keeps("REFUSED_AT_THE_LIMIT")) {
        socket.raw(new byte[16 * 1024]);
      }

      assertThat(text(socket.read())).contains("message_too_large");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 20, 60, 200, 9_000, 30_000, 100_000})
  void textsGoOutWholeAndUpTo64KibInOneFrame(int characters) throws IOException {
    // One, two, three and four bytes in UTF-8, so that every length of a header is there.
    String text = "x\u00df\u20ac\ud83d\ude00".repeat(characters / 5);
    try (RawSocket socket = server.raw("alice")) {
      server.ask("send " + text);

      RawSocket.Frame frame = socket.read();
      // Larger ones may come in parts.
      assertThat(frame.last() || characters > 32_000).isTrue();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(frame.payload());
      while (!frame.last()) {
        frame = socket.read();
        all.writeBytes(frame.payload());
      }
      assertThat(all.toString(StandardCharsets.UTF_8)).endsWith("\"text\":\"" + text + "\"}}");
    }
  }

  @Test
  void pingsOfTheProtocolAreLifeWhereTheContainerShowsThem() throws Exception {
    try (RawSocket socket = hasty.raw("alice")) {
      long until = System.nanoTime() + Duration.ofSeconds(4).toNanos();
      RawSocket.Frame frame = null;
      while (System.nanoTime() - until < 0
          && (frame == null || frame.opcode() != RawSocket.CLOSE)) {
        socket.send(RawSocket.PING, true, new byte[0]);
        frame = socket.read();
        while (frame.opcode() == RawSocket.TEXT) {
          frame = socket.read();
        }
        java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
      }

      assertThat(frame.opcode() != RawSocket.CLOSE).isEqualTo(keeps("PINGS_ARE_LIFE"));
    }
  }

  @Test
  void frameThatPromisesGigabytesIsRefusedEarly() throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      // More than the limit and what a container may hold back of it.
      byte[] start = new byte[90_000];
      Arrays.fill(start, (byte) 'x');
      socket.send(RawSocket.TEXT, true, false, Integer.MAX_VALUE, start);

      assertThat(text(socket.read())).contains("message_too_large");
      assertThat(socket.readUntil(RawSocket.CLOSE).closeCode()).isEqualTo(1009);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, 100_000})
  void binaryMessagesAreAnsweredBeforeTheyClose(int bytes) throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      socket.send(RawSocket.BINARY, true, new byte[bytes]);

      assertThat(text(socket.read())).contains("message_not_text");
      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
      assertThat(close.closeCode()).isEqualTo(1003);
      assertThat(reason(close)).isEqualTo("message_not_text");
    }
  }

  @ParameterizedTest
  @CsvSource({
    // Text that is no UTF-8; a frame without a mask; RSV1 of nobody; a continuation of nothing; a
    // long ping.
    "81 82 00 00 00 00 c3 28, 1007",
    "81 02 68 69, 1002",
    "91 80 00 00 00 00, 1002",
    "80 80 00 00 00 00, 1002",
    "89 fe 00 7e 00 00 00 00, 1002"
  })
  void framesAgainstTheProtocolCloseOnlyTheirConnection(String hex, int code) throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      byte[] frame = new byte[200];
      int length = 0;
      for (String each : hex.split(" ", -1)) {
        frame[length] = (byte) Integer.parseInt(each, 16);
        length++;
      }
      socket.raw(hex.startsWith("89") ? frame : Arrays.copyOf(frame, length));

      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
      // Some containers cut without a word; nobody may take that for a message.
      assertThat(close == null ? code : close.closeCode()).isEqualTo(code);
    }
    server.awaitEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "NORMAL, 1000, ''",
    "GOING_AWAY, 1001, the server stops",
    "DRAINING, 1012, draining",
    "TRY_AGAIN_LATER, 1013, try_again_later",
    "FORBIDDEN, 4403, user_disabled",
    "SLOW_CONSUMER, 4510, h\u00e4ppens"
  })
  void closeCodesAndReasonsReachTheClient(String code, int number, String reason)
      throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      socket.text(
          "{\"type\":\"leave\",\"data\":{\"code\":\"%s\",\"reason\":\"%s\"}}"
              .formatted(code, reason));

      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
      assertThat(close.closeCode()).isEqualTo(number);
      assertThat(reason(close)).isEqualTo(reason);
      socket.send(RawSocket.CLOSE, true, Arrays.copyOf(close.payload(), 2));
      assertThat(socket.read()).isNull();
    }
    awaitCloses(server, number + " server");
  }

  @ParameterizedTest
  @CsvSource({"1000", "1001", "1012", "1013", "4900", "none"})
  void closeOfTheClientIsAnsweredAndKnown(String code) throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      int number = code.equals("none") ? 0 : Integer.parseInt(code);
      byte[] payload = {(byte) (number >> 8), (byte) number};
      socket.send(RawSocket.CLOSE, true, number == 0 ? new byte[0] : payload);

      assertThat(socket.readUntil(RawSocket.CLOSE)).isNotNull();
      assertThat(socket.read()).isNull();
    }
    awaitCloses(server, told(code) + (told(code) == 1002 ? " server" : " client"));
  }

  private boolean keeps(String promise) {
    return server.ask("keeps " + promise).equals("true");
  }

  /** What the container tells of a client's close. */
  private int told(String code) {
    boolean exact = keeps("CLIENT_CODE");
    return switch (code) {
      case "none" -> exact ? 1005 : 1000;
      case "1012", "1013" -> exact ? Integer.parseInt(code) : 1002;
      default -> Integer.parseInt(code);
    };
  }

  /** The place comes free when the close is answered, and not when its time is over. */
  @Test
  void closeThatIsAnsweredFreesItsPlaceAtOnce() throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      server.ask("close FORBIDDEN");
      assertThat(socket.readUntil(RawSocket.CLOSE).closeCode()).isEqualTo(4403);
      assertThat(server.ask("empty")).isEqualTo("false");

      socket.send(RawSocket.CLOSE, true, new byte[] {3, (byte) 0xE8});

      Host.await(
          "the place is free", Duration.ofMillis(1_500), () -> server.ask("empty").equals("true"));
    }
  }

  @Test
  void closeThatIsNeverAnsweredFreesItsPlaceAndItsSocket() throws IOException {
    List<RawSocket> sockets = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      sockets.add(server.raw("alice"));
    }
    assertThat(sockets(server)).isGreaterThanOrEqualTo(5);

    server.ask("close FORBIDDEN");

    Host.await("the places are free", GIVEN_UP, () -> server.ask("empty").equals("true"));
    // The clients have not closed theirs.
    Host.await("the sockets are closed", GIVEN_UP, () -> sockets(server) == 0);
    for (RawSocket socket : sockets) {
      socket.close();
    }
    awaitCloses(server, "4403 server", "4403 server", "4403 server", "4403 server", "4403 server");
  }

  /** Sockets of a server with a client at the other end, as the kernel has them. */
  private static long sockets(Host.Running of) {
    String port = ":%04X ".formatted(of.port);
    try (Stream<String> tcp = Files.lines(Path.of("/proc/net/tcp"));
        Stream<String> tcp6 = Files.lines(Path.of("/proc/net/tcp6"))) {
      return Stream.concat(tcp, tcp6)
          .map(line -> line.strip().split(" +", -1))
          .filter(line -> (line[1] + " ").endsWith(port))
          // Established, or closed by the client alone.
          .filter(line -> line[3].equals("01") || line[3].equals("08"))
          .count();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void closesThatCrossEndOneConnectionOnce() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (RawSocket socket = server.raw("alice")) {
        CompletableFuture<Void> close =
            CompletableFuture.runAsync(() -> server.ask("close FORBIDDEN"));
        socket.send(RawSocket.CLOSE, true, new byte[] {3, (byte) 0xE8});
        // One of the two, or none: who has sent his own may end the connection when he sees the
        // other.
        RawSocket.Frame seen = socket.readUntil(RawSocket.CLOSE);
        assertThat(seen == null ? 1000 : seen.closeCode()).isIn(1000, 4403);
        close.join();
      }
      Host.await("the place is free", GIVEN_UP, () -> server.ask("empty").equals("true"));
    }
    Host.await(
        "each is told of", PATIENCE, () -> server.ask("closes").split(", ", -1).length == 20);
  }

  @Test
  void readerThatStopsAndGoesOnGetsEverythingInOrder() throws Exception {
    try (RawSocket socket = server.raw("alice")) {
      // Less than may wait, and more than any buffer of the network takes at first.
      socket.text("{\"type\":\"flood\",\"id\":\"f\",\"data\":{\"size\":2000,\"count\":500}}");

      for (int i = 0; i < 500; i++) {
        assertThat(text(socket.read())).containsPattern("\"n\":" + i + "[,}]");
      }
      assertThat(text(socket.read())).contains("\"ack\"");
      socket.text(echo("1", "on"));
      assertThat(text(socket.read())).contains("on");
    }
  }

  @Test
  void readerThatStopsIsSlowAndItsSocketIsFreed() throws Exception {
    try (RawSocket socket = hasty.raw("alice")) {
      socket.text("{\"type\":\"flood\",\"data\":{\"size\":60000,\"count\":400}}");

      awaitCloses(hasty, "4510 server");
      Host.await("the place is free", GIVEN_UP, () -> hasty.ask("empty").equals("true"));
      Host.await("the socket is closed", GIVEN_UP, () -> sockets(hasty) == 0);
      RawSocket.Frame last = socket.readUntil(RawSocket.CLOSE);
      assertThat(last == null ? 4510 : last.closeCode()).isIn(4510, 1001);
    }
  }

  @Test
  void clientIsNotReadWhileHandlersAreBusyAndNothingIsLost() throws Exception {
    int messages = 400;
    try (RawSocket socket = server.raw("alice")) {
      byte[] frame =
          RawSocket.textFrame(
              "{\"type\":\"wait\",\"id\":\"w\",\"data\":\"" + "x".repeat(65_000) + "\"}");
      AtomicInteger sent = new AtomicInteger();
      CompletableFuture<Void> sender =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < messages; i++) {
                    socket.raw(frame);
                    sent.incrementAndGet();
                  }
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      awaitStandstill(sent);
      // 64 wait, one is handled, and the network has its buffers.
      assertThat(sent.get()).isLessThanOrEqualTo(keeps("STOPS_AT_ONCE") ? 250 : messages);

      server.ask("open");
      for (int i = 0; i < messages; i++) {
        assertThat(text(socket.read())).contains("\"ack\"").contains("true");
      }
      sender.join();
      assertThat(server.ask("handled")).isEqualTo(Integer.toString(messages));
      socket.text(echo("1", "on"));
      assertThat(text(socket.read())).contains("on");
    }
  }

  /** Waits until a count has stood still for a while. */
  private static void awaitStandstill(AtomicInteger count) {
    int[] last = {-1};
    long[] since = {System.nanoTime()};
    Host.await(
        "it stands still",
        PATIENCE,
        () -> {
          int now = count.get();
          if (now != last[0]) {
            last[0] = now;
            since[0] = System.nanoTime();
          }
          return now > 0 && System.nanoTime() - since[0] > 500_000_000L;
        });
  }

  @Test
  void closeIsSeenWhileTheClientIsNotRead() throws Exception {
    try (RawSocket socket = server.raw("alice")) {
      for (int i = 0; i < 80; i++) {
        socket.text("{\"type\":\"wait\",\"data\":1}");
      }
      server.ask("close FORBIDDEN");

      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
      assertThat(close.closeCode()).isEqualTo(4403);
      socket.send(RawSocket.CLOSE, true, Arrays.copyOf(close.payload(), 2));
      server.ask("open");
      server.awaitEmpty();
    }
  }

  /** RFC 6455 section 1.4. */
  @ParameterizedTest
  @ValueSource(ints = {10, 80, 300, 350, 400, 450})
  void messagesBeforeTheCloseOfTheClientAreHandledToTheEnd(int messages) throws Exception {
    try (RawSocket socket = server.raw("alice")) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (int i = 0; i < messages; i++) {
        all.writeBytes(RawSocket.textFrame("{\"type\":\"wait\",\"id\":\"w\",\"data\":1}"));
      }
      all.writeBytes(RawSocket.frame(RawSocket.CLOSE, true, false, 2, new byte[] {3, (byte) 0xE8}));
      socket.raw(all.toByteArray());
      server.ask("open");

      server.awaitEmpty();
      assertThat(server.ask("closes")).isEqualTo("1000 client");
      assertThat(server.ask("handled")).isEqualTo(Integer.toString(messages));
    }
  }

  @Test
  @SuppressWarnings("try")
  void pingsWhoseAnswersNobodyReadsFillNoMemory() throws Exception {
    hasty.awaitEmpty();
    byte[] pings = new byte[131 * 1000];
    byte[] ping = RawSocket.frame(RawSocket.PING, true, false, 125, new byte[125]);
    for (int i = 0; i < 1000; i++) {
      System.arraycopy(ping, 0, pings, i * 131, 131);
    }
    AtomicInteger sent = new AtomicInteger();
    try (RawSocket socket = hasty.raw("alice")) {
      CompletableFuture<Void> sender =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < 2000; i++) {
                    socket.raw(pings);
                    sent.incrementAndGet();
                  }
                } catch (IOException e) {
                  // The server has had enough.
                }
              });

      // The answers fill what there is between the two; then this one is read no more, or closed.
      Host.await("it ends", Duration.ofSeconds(20), () -> hasty.ask("empty").equals("true"));
      assertThat(sent.get()).isLessThan(2000);
      socket.socket().close();
      sender.join();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"RST", "FIN"})
  void cutOfTheNetworkIsSeenOnce(String how) throws IOException {
    try (RawSocket socket = server.raw("alice")) {
      if (how.equals("RST")) {
        socket.socket().setSoLinger(true, 0);
      }
    }

    server.awaitEmpty();
    awaitCloses(server, "1006 network");
  }

  @Test
  void silentClientIsFoundByTheHeartbeat() throws Exception {
    try (RawSocket socket = hasty.raw("alice")) {
      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);

      assertThat(close.closeCode()).isEqualTo(4511);
      Host.await("the place is free", GIVEN_UP, () -> hasty.ask("empty").equals("true"));
    }
    awaitCloses(hasty, "4511 server");
  }

  @Test
  void clientThatAnswersPingsStays() {
    try (RecordingClient client = hasty.connect("alice")) {
      long until = System.nanoTime() + Duration.ofMillis(3_500).toNanos();
      while (System.nanoTime() - until < 0) {
        java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
      }

      assertThat(client.request("echo", 1).type()).isEqualTo("ack");
      client.leave();
    }
  }

  @Test
  void broadcastsOfManyThreadsComeWhole() throws Exception {
    try (RawSocket socket = server.raw("alice")) {
      CountDownLatch go = new CountDownLatch(1);
      List<CompletableFuture<Void>> senders = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String text = Character.toString((char) ('a' + i)).repeat(9_000);
        senders.add(
            CompletableFuture.runAsync(
                () -> {
                  try {
                    go.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  for (int n = 0; n < 20; n++) {
                    server.ask("send " + text);
                  }
                }));
      }
      go.countDown();
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      for (int i = 0; i < 80; ) {
        RawSocket.Frame frame = socket.read();
        text.writeBytes(frame.payload());
        if (frame.last()) {
          assertThat(text.toString(StandardCharsets.UTF_8))
              .matches("\\{.*\"text\":\"(.)\\1{8999}\"}}");
          text.reset();
          i++;
        }
      }
      senders.forEach(CompletableFuture::join);
    }
  }

  @Test
  void messagesWaitWhileOneIsHandledWithCompressionToo() throws IOException {
    int many = 500;
    server.ask("shut");
    try (RawSocket socket =
        new RawSocket(server.port, "alice", "Sec-WebSocket-Extensions: permessage-deflate")) {
      socket.read();
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(RawSocket.textFrame("{\"type\":\"wait\",\"id\":\"first\",\"data\":1}"));
      for (int i = 0; i < many; i++) {
        all.writeBytes(RawSocket.textFrame("{\"type\":\"echo\",\"id\":\"" + i + "\",\"data\":1}"));
      }
      socket.raw(all.toByteArray());
      server.ask("open");
      for (int i = 0; i <= many; i++) {
        assertThat(socket.read().opcode()).isEqualTo(RawSocket.TEXT);
      }
    }
  }

  @Test
  void compressionIsTakenWhereTheContainerHasIt() throws IOException {
    try (RawSocket socket =
        new RawSocket(
            server.port,
            "alice",
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")) {
      boolean taken =
          socket.handshake().toLowerCase(java.util.Locale.ROOT).contains("permessage-deflate");
      assertThat(taken).isEqualTo(!COMPRESSING_BADLY.contains(host));
      assertThat(socket.read().compressed()).isEqualTo(taken);
      if (taken) {
        assertThat(socket.handshake()).contains("server_no_context_takeover");
      }
    }
    try (RawSocket socket = server.raw("alice")) {
      assertThat(socket.handshake()).doesNotContainIgnoringCase("permessage-deflate");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "GET; Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 8|Sec-WebSocket-Key:"
            + " dGhlIHNhbXBsZSBub25jZQ==; 426; upgrade_required",
        "GET; Upgrade: websocket|Connection: keep-alive|Sec-WebSocket-Version:"
            + " 13|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==; 426; upgrade_required",
        "GET; Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|Sec-WebSocket-Key:"
            + " dGhlIHNhbXBsZSBub25jZQ; 426; upgrade_required",
        "GET; Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|Sec-WebSocket-Key:"
            + " short; 426; upgrade_required",
        "GET; Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13; 426;"
            + " upgrade_required",
        "POST; Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|Content-Length:"
            + " 0|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==; 426; upgrade_required",
        "GET; Connection: close; 426; upgrade_required",
        "GET; Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version:"
            + " 13|Sec-WebSocket-Protocol: chat|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==; 400;"
            + " subprotocol_unsupported",
        "GET; Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version:"
            + " 13|Sec-WebSocket-Extensions: x=|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==; 400;"
            + " handshake_invalid"
      })
  void badHandshakesAreAnsweredInOurWords(String method, String lines, int status, String code)
      throws IOException {
    String answer = handshake(method, lines, true);
    if (lines.contains("keep-alive") && host.name().startsWith("JETTY")) {
      // That one does not come as far as the application.
      assertThat(answer).startsWith("HTTP/1.1 400");
      return;
    }

    assertThat(answer).startsWith("HTTP/1.1 " + status).contains("application/problem+json");
    assertThat(answer).contains("\"code\":\"" + code + "\"");
  }

  @Test
  void handshakeWithoutATokenIsRefusedByTheFilter() throws IOException {
    String answer =
        handshake(
            "GET",
            "Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|Sec-WebSocket-Key:"
                + " dGhlIHNhbXBsZSBub25jZQ==",
            false);

    assertThat(answer).startsWith("HTTP/1.1 401").contains("token_missing");
  }

  private String handshake(String method, String lines, boolean token) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port)) {
      socket.setSoTimeout(10_000);
      String request =
          method
              + " /ws HTTP/1.1\r\nHost: localhost\r\n"
              + lines.replace("|", "\r\n")
              + (token ? "\r\nAuthorization: Bearer " + Host.TOKENS.of("alice") : "")
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      byte[] buffer = new byte[4096];
      while (!answer.toString(StandardCharsets.UTF_8).contains("\"requestId\"")) {
        int read = socket.getInputStream().read(buffer);
        if (read < 0) {
          break;
        }
        answer.write(buffer, 0, read);
      }
      return answer.toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  void discoveryAndHealthAreBesideTheSocket() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port)) {
      socket
          .getOutputStream()
          .write(
              "GET /ws/config HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.ISO_8859_1));

      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("\"protocols\":[\"drawbridge.v1\"]");
    }
  }

  @Test
  void endOfTheHttpSessionLeavesTheSocketOpen() throws Exception {
    String cookie = session(server);
    try (RawSocket socket = new RawSocket(server.port, "alice", "Cookie: " + cookie)) {
      endSession(server, cookie);
      socket.text(echo("1", "on"));

      assertThat(text(socket.read())).contains("welcome");
      assertThat(text(socket.read())).contains("on");
    }
  }

  @Test
  void endOfTheHttpSessionEndsItsSocketsWhereASettingSaysSo() throws Exception {
    String cookie = session(hasty);
    String other = session(hasty);
    try (RawSocket one = new RawSocket(hasty.port, "alice", "Cookie: " + cookie);
        RawSocket two = new RawSocket(hasty.port, "carol", "Cookie: " + cookie);
        RawSocket ofAnother = new RawSocket(hasty.port, "alice", "Cookie: " + other);
        RawSocket without = new RawSocket(hasty.port, "alice")) {
      assertThat(text(two.read())).contains("welcome");
      endSession(hasty, cookie);

      for (RawSocket socket : List.of(one, two)) {
        RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
        assertThat(close.closeCode()).isEqualTo(4401);
        assertThat(reason(close)).isEqualTo("session_ended");
      }
      for (RawSocket socket : List.of(ofAnother, without)) {
        socket.text(echo("1", "on"));
        assertThat(text(socket.read())).contains("welcome");
        assertThat(text(socket.read())).contains("on");
      }
    }
  }

  private static HttpRequest.Builder sessionOf(Host.Running of) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + of.port + "/session"));
  }

  /** Begins an HTTP session; returns its cookie. */
  private static String session(Host.Running of) throws Exception {
    HttpResponse<Void> begun =
        HttpClient.newHttpClient()
            .send(sessionOf(of).GET().build(), HttpResponse.BodyHandlers.discarding());
    return begun.headers().firstValue("Set-Cookie").orElseThrow().split(";", 2)[0];
  }

  private static void endSession(Host.Running of, String cookie) throws Exception {
    HttpResponse<Void> ended =
        HttpClient.newHttpClient()
            .send(
                sessionOf(of).DELETE().header("Cookie", cookie).build(),
                HttpResponse.BodyHandlers.discarding());
    assertThat(ended.statusCode()).isEqualTo(204);
  }

  @Test
  void subprotocolIsAnsweredWhereItIsOffered() throws IOException {
    try (RawSocket socket =
        new RawSocket(server.port, "alice", "Sec-WebSocket-Protocol: other, drawbridge.v1")) {
      assertThat(socket.handshake())
          .containsIgnoringCase("Sec-WebSocket-Protocol: drawbridge.v1\r\n");
    }
    try (RawSocket socket = server.raw("alice")) {
      assertThat(socket.handshake()).doesNotContainIgnoringCase("Sec-WebSocket-Protocol");
    }
  }

  @Test
  void drainTellsClosesAndLetsTheServerStop() throws Exception {
    try (Host.Running own = host.start();
        RecordingClient client = own.connect("alice")) {
      own.ask("drain");

      assertThat(client.expect("drain").data().has("reconnectAfterMs")).isTrue();
      Event.Closed closed = client.expectClose(1012);
      assertThat(closed.reason()).isEqualTo("draining");
      own.awaitEmpty();
      long before = System.nanoTime();
      own.stop();
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
      awaitThreads(own);
    }
  }

  private static void awaitThreads(Host.Running of) {
    try {
      Host.await("no thread of ours is left", PATIENCE, () -> of.ask("threads").isEmpty());
    } catch (AssertionError e) {
      assertThat(of.ask("threads")).isEmpty();
    }
  }

  @Test
  void stopEndsEveryConnectionAndEveryThread() throws Exception {
    try (Host.Running own = host.start();
        RawSocket reader = own.raw("alice");
        RawSocket sleeper = own.raw("bob")) {
      sleeper.text("{\"type\":\"flood\",\"data\":{\"size\":60000,\"count\":20}}");

      own.stop();

      RawSocket.Frame close = reader.readUntil(RawSocket.CLOSE);
      assertThat(close == null ? 1001 : close.closeCode()).isEqualTo(1001);
      awaitThreads(own);
    }
  }

  /** The server goes on, and with it what nobody closes. */
  @Test
  void applicationThatIsTakenAwayLeavesNoSocket() throws Exception {
    try (Host.Running own = host.start("drawbridge.send.queue.bytes", "100000000");
        RawSocket reader = own.raw("alice");
        RawSocket sleeper = own.raw("bob")) {
      sleeper.text("{\"type\":\"flood\",\"data\":{\"size\":60000,\"count\":300}}");
      Host.await("it is stuck", PATIENCE, () -> own.ask("stuck").equals("true"));

      own.ask("undeploy");

      RawSocket.Frame close = reader.readUntil(RawSocket.CLOSE);
      assertThat(close == null ? 1001 : close.closeCode()).isEqualTo(1001);
      Host.await("the sockets are closed", GIVEN_UP, () -> sockets(own) == 0);
      awaitThreads(own);
    }
  }

  /** One that is stuck must not keep those cut that have gone by themselves, nor our threads. */
  @Test
  void applicationIsTakenAwayWhateverItsClientsDo() throws Exception {
    List<RawSocket> answering = new ArrayList<>();
    try (Host.Running own =
            host.start(
                "drawbridge.send.queue.bytes", "100000000",
                "drawbridge.connections.per.user", "100");
        RawSocket sleeper = own.raw("bob")) {
      for (int i = 0; i < 50; i++) {
        answering.add(own.raw("alice"));
      }
      sleeper.text("{\"type\":\"flood\",\"data\":{\"size\":60000,\"count\":300}}");
      Host.await("it is stuck", PATIENCE, () -> own.ask("stuck").equals("true"));
      List<CompletableFuture<Void>> answers =
          answering.stream().map(each -> CompletableFuture.runAsync(() -> answer(each))).toList();

      own.ask("undeploy");

      Host.await("the sockets are closed", GIVEN_UP, () -> sockets(own) == 0);
      awaitThreads(own);
      answers.forEach(CompletableFuture::join);
    } finally {
      for (RawSocket each : answering) {
        each.close();
      }
    }
  }

  private static void answer(RawSocket socket) {
    try {
      RawSocket.Frame close = socket.readUntil(RawSocket.CLOSE);
      if (close != null) {
        socket.send(RawSocket.CLOSE, true, Arrays.copyOf(close.payload(), 2));
      }
    } catch (IOException e) {
      // It was cut before.
      assertThat(e).isNotNull();
    }
  }

  @Test
  void stormOfHandshakesOnFewThreadsIsServed() throws Exception {
    int clients = 200;
    try (Host.Running own =
        host.start(
            "maxThreads", "20",
            "drawbridge.connections.per.user", "5000",
            "drawbridge.connections.max", "5000")) {
      AtomicInteger welcomed = new AtomicInteger();
      List<CompletableFuture<Void>> all = new ArrayList<>();
      java.util.concurrent.ExecutorService threads =
          java.util.concurrent.Executors.newFixedThreadPool(16);
      for (int i = 0; i < clients; i++) {
        int n = i;
        all.add(
            CompletableFuture.runAsync(
                () -> {
                  try {
                    RawSocket socket = own.raw("alice");
                    welcomed.incrementAndGet();
                    if (n % 3 == 0) {
                      socket.socket().setSoLinger(true, 0);
                    }
                    socket.close();
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                },
                threads));
      }
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
      threads.shutdown();

      assertThat(welcomed.get()).isEqualTo(clients);
      own.awaitEmpty();
    }
  }

  private static String text(RawSocket.Frame frame) {
    assertThat(frame).as("the connection was cut").isNotNull();
    return frame.text();
  }

  private static String reason(RawSocket.Frame close) {
    return new String(close.payload(), 2, close.payload().length - 2, StandardCharsets.UTF_8);
  }
}
