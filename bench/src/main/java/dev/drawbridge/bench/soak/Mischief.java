package dev.drawbridge.bench.soak;

import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A client that does one wrong thing after the other, each at its own pace, until told to stop. */
final class Mischief implements Runnable {
  /** Beyond the heartbeat of production: 25 s and 10 s of grace, 2 s for the close. */
  private static final int TIMEOUT_MS = 45_000;

  private final int port;
  private final String subject;
  private final TestTokens tokens;
  private final Tally tally;
  private volatile boolean stopping;

  /** One wrong thing. */
  private record Misdeed(String name, Action action) {}

  @FunctionalInterface
  private interface Action {
    /** What the server answered: an HTTP status or a close code. */
    int run() throws IOException;
  }

  private final List<Misdeed> misdeeds =
      List.of(
          new Misdeed("handshake with a broken token", () -> refused("a.b.c")),
          new Misdeed("handshake without a token", () -> refused(null)),
          new Misdeed("garbage for a handshake", this::garbage),
          new Misdeed("half a handshake, then a reset", this::halfHandshake),
          new Misdeed("reset after the welcome", this::resetAfterWelcome),
          new Misdeed("binary", () -> frame(RawClient.BINARY, new byte[100])),
          new Misdeed("invalid UTF-8", () -> frame(RawClient.TEXT, new byte[] {(byte) 0xC0, 1})),
          new Misdeed("reserved opcode", () -> frame(5, new byte[10])),
          new Misdeed("unmasked frame", () -> raw(new byte[] {(byte) 0x81, 1, 'x'})),
          new Misdeed("fragments for ever", this::fragments),
          new Misdeed("ten messages that are not JSON", this::invalidMessages),
          new Misdeed("four times the allowed rate", this::flood),
          new Misdeed("asks and never reads", this::neverReads),
          new Misdeed("falls silent", this::silent),
          new Misdeed("pings without reading", this::pings));

  Mischief(int port, String subject, TestTokens tokens, Tally tally) {
    this.port = port;
    this.subject = subject;
    this.tokens = tokens;
    this.tally = tally;
  }

  void stop() {
    stopping = true;
  }

  @Override
  public void run() {
    while (!stopping) {
      Misdeed misdeed = misdeeds.get(ThreadLocalRandom.current().nextInt(misdeeds.size()));
      String outcome;
      try {
        outcome = String.valueOf(misdeed.action.run());
      } catch (IOException e) {
        // The server has ended the connection while it was written to.
        outcome = "cut";
      }
      tally.misdeed(misdeed.name, outcome);
      pause(200 + ThreadLocalRandom.current().nextInt(800));
    }
  }

  private static void pause(long milliseconds) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(milliseconds));
  }

  private RawClient open() throws IOException {
    RawClient client = new RawClient(port, TIMEOUT_MS);
    client.handshake(port, tokens.of(subject, Duration.ofMinutes(10)));
    int status = client.status();
    if (status != 101) {
      client.close();
      tally.fault("a valid token of a misbehaving client got HTTP " + status);
      throw new IOException("not upgraded: " + status);
    }
    return client;
  }

  private int refused(String token) throws IOException {
    try (RawClient client = new RawClient(port, TIMEOUT_MS)) {
      client.handshake(port, token);
      return client.status();
    }
  }

  private int garbage() throws IOException {
    try (RawClient client = new RawClient(port, TIMEOUT_MS)) {
      byte[] bytes = new byte[500];
      ThreadLocalRandom.current().nextBytes(bytes);
      client.raw(bytes);
      client.raw("\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
      return client.status();
    }
  }

  private int halfHandshake() throws IOException {
    try (RawClient client = new RawClient(port, TIMEOUT_MS)) {
      client.raw("GET /ws HTTP/1.1\r\nHost: 127".getBytes(StandardCharsets.ISO_8859_1));
      pause(2000);
      client.reset();
      return 0;
    }
  }

  private int resetAfterWelcome() throws IOException {
    try (RawClient client = open()) {
      client.reset();
      return 0;
    }
  }

  private int frame(int opcode, byte[] payload) throws IOException {
    try (RawClient client = open()) {
      client.frame(opcode, true, payload);
      return client.closeCode();
    }
  }

  private int raw(byte[] bytes) throws IOException {
    try (RawClient client = open()) {
      client.raw(bytes);
      return client.closeCode();
    }
  }

  private int fragments() throws IOException {
    try (RawClient client = open()) {
      byte[] part = new byte[1000];
      Arrays.fill(part, (byte) 'x');
      client.frame(RawClient.TEXT, false, part);
      for (int i = 0; i < 80; i++) {
        client.frame(RawClient.CONTINUATION, false, part);
      }
      return client.closeCode();
    }
  }

  private int invalidMessages() throws IOException {
    try (RawClient client = open()) {
      for (int i = 0; i < 10; i++) {
        client.text("{");
      }
      return client.closeCode();
    }
  }

  private int flood() throws IOException {
    try (RawClient client = open()) {
      // Production allows 50 a second; ten seconds of refusals close.
      for (int i = 0; i < 200 * 15; i++) {
        client.text("{\"type\":\"echo\",\"data\":{\"text\":\"x\"}}");
        pause(5);
      }
      return client.closeCode();
    }
  }

  private int neverReads() throws IOException {
    try (RawClient client = open()) {
      String text =
          "{\"type\":\"echo\",\"id\":\"i\",\"data\":{\"text\":\"" + "x".repeat(30_000) + "\"}}";
      for (int i = 0; i < 40 * 20; i++) {
        client.text(text);
        pause(25);
      }
      return client.closeCode();
    }
  }

  private int silent() throws IOException {
    try (RawClient client = open()) {
      // Reads what comes, and answers nothing.
      return client.closeCode();
    }
  }

  private int pings() throws IOException {
    try (RawClient client = open()) {
      byte[] payload = new byte[125];
      for (int i = 0; i < 200; i++) {
        for (int j = 0; j < 10; j++) {
          client.frame(RawClient.PING, true, payload);
        }
        pause(10);
      }
      client.reset();
      return 0;
    }
  }
}
