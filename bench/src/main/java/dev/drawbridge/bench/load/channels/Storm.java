package dev.drawbridge.bench.load.channels;

import dev.drawbridge.bench.BenchChannels;
import dev.drawbridge.bench.load.Figures;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Everybody is cut at once, misses messages, and comes back at once: how long each takes from the
 * end of its handshake to its last missed message, and that it gets each once and in order. Used by
 * one thread.
 */
final class Storm implements AutoCloseable {
  private static final long PATIENCE_NANOS = 120_000_000_000L;
  private static final int AT_ONCE = 100;
  private static final int CHANNELS_EACH = 5;
  private static final Pattern SEQ =
      Pattern.compile("\"epoch\":\"([A-Za-z0-9]{8})\",\"seq\":(\\d+)");
  private static final Pattern REPLAY = Pattern.compile("\"replay\":(\\d+)");
  private static final Pattern MESSAGE =
      Pattern.compile("\"channel\":\"room:(\\d+)\",\"seq\":(\\d+),.*\"n\":(\\d+)");

  private final Target target;
  private final List<Client> clients = new ArrayList<>();
  private Loop loop;
  private int ready;
  private long lost;
  private long twice;
  private long resyncs;

  Storm(Target target) throws IOException {
    this.target = target;
    this.loop = new Loop(target.port());
  }

  private final class Client extends Peer {
    private final int number;
    private final @Nullable String epoch;
    private final long seq;
    private String position = "";
    private long openedNanos;
    private long doneNanos;
    private int missing = -1;
    private long last;
    private final int[] nextOf = new int[BenchChannels.ROOMS];

    Client(int number, byte[] request, @Nullable String epoch, long seq) {
      super(request);
      this.number = number;
      this.epoch = epoch;
      this.seq = seq;
    }

    private String channels() {
      return IntStream.range(0, CHANNELS_EACH)
          .map(i -> (number * CHANNELS_EACH + i) % BenchChannels.ROOMS)
          .mapToObj(room -> "\"room:" + room + '"')
          .collect(Collectors.joining(","));
    }

    @Override
    protected void opened() {
      openedNanos = System.nanoTime();
    }

    @Override
    protected void text(ByteBuffer payload) throws IOException {
      byte kind = payload.get(payload.position() + 9);
      if (kind == 'w') {
        send(
            textFrame(
                epoch == null
                    ? "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":["
                        + channels()
                        + "]}}"
                    : "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\""
                        + epoch
                        + "\",\"seq\":"
                        + seq
                        + ",\"channels\":["
                        + channels()
                        + "]}}"));
        return;
      }
      String text = StandardCharsets.UTF_8.decode(payload.duplicate()).toString();
      if (kind == 'a') {
        position = text;
        Matcher replay = REPLAY.matcher(text);
        missing = replay.find() ? Integer.parseInt(replay.group(1)) : 0;
        if (text.contains("\"resumed\":false")) {
          resyncs++;
        }
        done();
        return;
      }
      Matcher message = MESSAGE.matcher(text);
      if (!message.find()) {
        throw new IOException("not a message: " + text);
      }
      int room = Integer.parseInt(message.group(1));
      long place = Long.parseLong(message.group(2));
      int n = Integer.parseInt(message.group(3));
      if (place <= last || n < nextOf[room]) {
        twice++;
      } else {
        lost += n - nextOf[room];
      }
      nextOf[room] = n + 1;
      last = place;
      missing--;
      done();
    }

    private void done() {
      if (missing == 0) {
        doneNanos = System.nanoTime();
        ready++;
      }
    }

    @Override
    protected void closed(int status) {
      if (doneNanos == 0) {
        lost++;
      }
    }
  }

  /** Runs once, and prints a row of the table. */
  void run(int count) throws IOException {
    open(count, false);
    target.ask("calls");
    loop.close();
    target.ask("storm");
    loop = new Loop(target.port());
    long cpu = target.cpuNanos();
    long began = System.nanoTime();
    open(count, true);
    double seconds = (System.nanoTime() - began) / 1e9;
    double cpuMicros = (target.cpuNanos() - cpu) / 1e3 / count;
    long[] times =
        clients.stream().mapToLong(client -> client.doneNanos - client.openedNanos).toArray();
    Arrays.sort(times);
    int missed = CHANNELS_EACH * BenchChannels.MISSED;
    for (Client client : clients) {
      lost += missed - Arrays.stream(client.nextOf).sum();
    }
    System.out.printf(
        "| %d × %d × %d | %.2f | %.2f | %.2f | %.2f | %d | %d | %d | %.2f | %.0f |%n",
        count,
        CHANNELS_EACH,
        missed,
        Figures.percentile(times, 50) / 1e9,
        Figures.percentile(times, 99) / 1e9,
        times[times.length - 1] / 1e9,
        seconds,
        lost,
        twice,
        resyncs,
        target.askNumber("calls") / (double) count,
        cpuMicros);
  }

  static void head() {
    System.out.printf(
        "%n### resume storm%n%n| clients × channels × missed | p50 s | p99 s | all s after their"
            + " handshake | all s after the first packet | lost | twice | resyncs | authorizer"
            + " calls per client | CPU µs per client"
            + " |%n|---|---|---|---|---|---|---|---|---|---|%n");
  }

  /** Who comes back does so from its own position, all at once. */
  private void open(int count, boolean back) throws IOException {
    List<Client> before = List.copyOf(clients);
    List<byte[]> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      requests.add(Tokens.handshake(target.tokens().of("user-" + i), "authorization"));
    }
    clients.clear();
    ready = 0;
    List<Client> coming = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Client client;
      if (back) {
        Matcher position = SEQ.matcher(before.get(i).position);
        if (!position.find()) {
          throw new IOException("no position in " + before.get(i).position);
        }
        client =
            new Client(i, requests.get(i), position.group(1), Long.parseLong(position.group(2)));
      } else {
        client = new Client(i, requests.get(i), null, 0);
      }
      coming.add(client);
    }
    // The first time some after others: their users are in no cache yet.
    int atOnce = back ? count : AT_ONCE;
    boolean all =
        loop.run(
            PATIENCE_NANOS,
            () -> {
              while (clients.size() < count && clients.size() - ready < atOnce) {
                Client client = coming.get(clients.size());
                clients.add(client);
                loop.open(client);
              }
              return ready >= count || lost > 0;
            });
    if (!all || lost > 0) {
      throw new IOException(ready + " of " + count + " are in, " + lost + " were lost");
    }
  }

  @Override
  public void close() {
    loop.close();
  }
}
