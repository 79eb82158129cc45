package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Sends messages on open connections and waits for their answers, a fixed number under way. */
final class Messages implements Load {
  private static final String TEXT =
      "The quick brown fox jumps over the lazy dog, and again it jumps.";
  private static final String ECHO = message("echo", "{\"text\":\"" + TEXT + "\"}");
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private final Target target;
  private final Loop loop;
  private final List<Talk> talks = new ArrayList<>();
  private final ByteBuffer batch;
  private int ready;
  private long wrong;
  private boolean sending;

  /**
   * Opens the connections.
   *
   * @param window messages under way on each
   */
  Messages(Target target, int connections, int window) throws IOException {
    this(target, connections, window, ECHO);
  }

  private Messages(Target target, int connections, int window, String message) throws IOException {
    this.target = target;
    this.loop = new Loop(target.port());
    byte[] frame = Peer.textFrame(message);
    this.batch = ByteBuffer.allocateDirect(frame.length * window);
    for (int i = 0; i < window; i++) {
      batch.put(frame);
    }
    for (int i = 0; i < connections; i++) {
      Talk talk =
          new Talk(
              Tokens.handshake(target.tokens().of("user-" + i), "authorization"), frame.length);
      talks.add(talk);
      loop.open(talk);
    }
    if (!loop.run(PATIENCE_NANOS, () -> ready == connections)) {
      throw new IOException("only " + ready + " connections to " + target.name());
    }
    sending = true;
    for (Talk talk : talks) {
      talk.begin(window);
    }
  }

  /**
   * The same for one of our own servers, with a handler that works.
   *
   * @param nanos processor time that it takes for each message
   */
  static Messages slow(Target target, int connections, int window, long nanos) throws IOException {
    String data = "{\"text\":\"" + TEXT + "\",\"nanos\":" + nanos + "}";
    return new Messages(target, connections, window, message("work", data));
  }

  private static String message(String type, String data) {
    return "{\"type\":\"" + type + "\",\"id\":\"m-000001\",\"data\":" + data + "}";
  }

  private final class Talk extends Peer {
    private final int frameLength;
    private int answered;
    private long count;
    private boolean isWelcomed;

    Talk(byte[] request, int frameLength) {
      super(request);
      this.frameLength = frameLength;
    }

    @Override
    protected void opened() {
      if (!target.welcomes()) {
        isWelcomed = true;
        ready++;
      }
    }

    void begin(int window) throws IOException {
      answered = window;
      flush();
    }

    @Override
    protected void text(ByteBuffer payload) {
      if (!isWelcomed) {
        isWelcomed = true;
        ready++;
        return;
      }
      // {"type":"ack" of those that answer, {"type":"echo" of those that repeat; never an error.
      if (payload.get(payload.position() + 10) != 'c') {
        wrong++;
      }
      answered++;
      count++;
    }

    @Override
    protected void flush() throws IOException {
      if (sending && answered > 0) {
        send(batch.duplicate().position(0).limit(answered * frameLength));
        answered = 0;
      }
    }

    @Override
    protected void closed(int status) {
      wrong++;
    }
  }

  @Override
  public Figures run(long durationNanos) throws IOException {
    // The first moment belongs to whoever is new to the processor.
    loop.run(100_000_000L);
    long[] before = talks.stream().mapToLong(talk -> talk.count).toArray();
    long switches = target.switches();
    long cpu = target.cpuNanos();
    long began = System.nanoTime();
    loop.run(durationNanos);
    long elapsed = System.nanoTime() - began;
    long used = target.cpuNanos() - cpu;
    long switched = target.switches() - switches;
    long sum = 0;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < before.length; i++) {
      long count = talks.get(i).count - before[i];
      sum += count;
      least = Math.min(least, count);
    }
    if (wrong > 0) {
      throw new IOException(wrong + " wrong answers of " + target.name());
    }
    double fairness = least * (double) before.length / sum;
    return new Figures(sum, elapsed, used, switched, 0, 0, fairness);
  }

  @Override
  public void close() {
    sending = false;
    wrong = 0;
    loop.close();
  }
}
