package dev.drawbridge.bench.load.channels;

import dev.drawbridge.bench.load.Loop;
import dev.drawbridge.bench.load.Peer;
import dev.drawbridge.bench.load.Target;
import dev.drawbridge.bench.load.Tokens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Readers of channels on one target, who count what they get: each message once, in order. Used by
 * one thread.
 */
final class Audience implements AutoCloseable {
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final byte[] NUMBER = "\"n\":".getBytes(StandardCharsets.US_ASCII);
  private static final int SAMPLES = 1 << 20;

  /** How a target is spoken to. */
  enum Dialect {
    /** The protocol of this project. */
    DRAWBRIDGE,
    /** Engine.IO 4 by WebSocket alone; the server joins everybody to the room. */
    SOCKET_IO,
    /** Texts as they are; the server subscribes everybody and says {@code welcome}. */
    PLAIN
  }

  private final Target target;
  private final Dialect dialect;
  private final Loop loop;
  private final List<Reader> readers = new ArrayList<>();
  private final int[] latencyMicros = new int[SAMPLES];
  private long[] sentNanos = new long[1 << 10];

  /** Number of the next message, as the server counts. */
  private long next;

  private int ready;
  private long deliveries;
  private long wrong;
  private int samples;

  Audience(Target target, Dialect dialect) throws IOException {
    this.target = target;
    this.dialect = dialect;
    this.loop = new Loop(target.port());
  }

  private final class Reader extends Peer {
    private final @Nullable String subscribe;
    private long expected = -1;
    private boolean isReady;

    Reader(byte[] request, @Nullable String subscribe) {
      super(request);
      this.subscribe = subscribe;
    }

    @Override
    protected void text(ByteBuffer payload) throws IOException {
      if (isReady) {
        message(payload);
        return;
      }
      switch (dialect) {
        case DRAWBRIDGE -> {
          if (payload.get(payload.position() + 9) == 'w') {
            if (subscribe == null) {
              enter();
            } else {
              send(textFrame(subscribe));
            }
          } else {
            // The ack: {"type":"ack"
            enter();
          }
        }
        case SOCKET_IO -> {
          // 0 is the opening of Engine.IO, 40 that of Socket.IO.
          if (payload.get(payload.position()) == '0') {
            send(textFrame("40"));
          } else if (payload.get(payload.position() + 1) == '0') {
            enter();
          }
        }
        default -> enter();
      }
    }

    private void enter() {
      isReady = true;
      ready++;
    }

    private void message(ByteBuffer payload) throws IOException {
      if (dialect == Dialect.SOCKET_IO && payload.get(payload.position()) == '2') {
        // 42 is a message, 2 alone a ping.
        if (payload.remaining() == 1) {
          send(textFrame("3"));
          return;
        }
      }
      long n = number(payload);
      if (n < 0) {
        return;
      }
      if (expected >= 0 && n != expected) {
        wrong++;
      }
      expected = n + 1;
      deliveries++;
      if (samples < SAMPLES) {
        latencyMicros[samples++] =
            (int) ((System.nanoTime() - sentNanos[(int) n & (sentNanos.length - 1)]) / 1000);
      }
    }

    @Override
    protected void closed(int status) {
      wrong++;
    }
  }

  /** Behind {@code "n":}; negative when there is none. */
  private static long number(ByteBuffer payload) {
    int end = payload.limit() - NUMBER.length;
    for (int i = payload.position(); i < end; i++) {
      if (payload.get(i) == NUMBER[0]
          && payload.get(i + 1) == NUMBER[1]
          && payload.get(i + 2) == NUMBER[2]
          && payload.get(i + 3) == NUMBER[3]) {
        long n = 0;
        for (int k = i + NUMBER.length; payload.get(k) >= '0' && payload.get(k) <= '9'; k++) {
          n = n * 10 + payload.get(k) - '0';
        }
        return n;
      }
    }
    return -1;
  }

  /**
   * Opens connections and waits until all are in.
   *
   * @param subscribe the frame of each, null for none
   */
  void fill(int count, IntFunction<@Nullable String> subscribe) throws IOException {
    int most = ready + count;
    int before = readers.size();
    boolean all =
        loop.run(
            PATIENCE_NANOS,
            () -> {
              while (readers.size() < before + count && readers.size() - ready < 200) {
                int i = readers.size();
                Reader reader = new Reader(request(i), subscribe.apply(i));
                readers.add(reader);
                loop.open(reader);
              }
              return ready == most || wrong > 0;
            });
    if (!all || wrong > 0) {
      throw new IOException(target.name() + ": " + ready + " of " + most + " are in");
    }
  }

  /** Sends one frame more for each, such as another subscribe; its answer does not count. */
  void each(IntFunction<String> frame) throws IOException {
    for (int i = 0; i < readers.size(); i++) {
      readers.get(i).send(Peer.textFrame(frame.apply(i)));
    }
  }

  private byte[] request(int i) {
    return switch (dialect) {
      case DRAWBRIDGE -> Tokens.handshake(target.tokens().of("user-" + i), "authorization");
      case SOCKET_IO -> Peer.handshake("/socket.io/?EIO=4&transport=websocket");
      case PLAIN -> Peer.handshake("/ws");
    };
  }

  /**
   * What one round gave.
   *
   * @param cpuMicros of the server for each delivery
   * @param bytes that the server allocated for each, 0 where that is not known
   * @param p99Millis from the driver's word to the reader
   * @param wrong messages that were lost, came twice or out of order
   */
  record Round(double perSecond, double cpuMicros, double bytes, double p99Millis, long wrong) {}

  /** Has the server send so many messages in a second, for so long, by this word. */
  Round run(String word, int rate, long nanos) throws IOException {
    drain();
    deliveries = 0;
    samples = 0;
    wrong = 0;
    String allocated = target.ask("allocated");
    long cpu = target.cpuNanos();
    long began = System.nanoTime();
    long[] told = {0};
    loop.run(
        nanos,
        () -> {
          long due = (System.nanoTime() - began) * rate / 1_000_000_000L;
          while (told[0] < due) {
            tell(word);
            told[0]++;
          }
          return false;
        });
    long expected = told[0] * readers.size();
    boolean all = loop.run(PATIENCE_NANOS / 10, () -> deliveries >= expected);
    long elapsed = System.nanoTime() - began;
    long used = target.cpuNanos() - cpu;
    double bytes =
        allocated.equals("unknown")
            ? 0
            : (target.askNumber("allocated") - Long.parseLong(allocated)) / (double) deliveries;
    int[] sorted = Arrays.copyOf(latencyMicros, samples);
    Arrays.sort(sorted);
    return new Round(
        deliveries * 1e9 / elapsed,
        used / 1e3 / deliveries,
        bytes,
        sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)] / 1e3,
        wrong + (all ? 0 : expected - deliveries));
  }

  /** The first message of a run, by which everybody learns where the server's count is. */
  void begin(String word) throws IOException {
    tell(word);
    drain();
  }

  private void tell(String word) {
    sentNanos[(int) next & (sentNanos.length - 1)] = System.nanoTime();
    next++;
    target.tell(word);
  }

  /** Serves pings and what is still on its way. */
  void drain() {
    loop.run(50_000_000L);
  }

  @Override
  public void close() {
    loop.close();
  }
}
