package dev.drawbridge.bench.load.cluster;

import dev.drawbridge.bench.load.Loop;
import dev.drawbridge.bench.load.Peer;
import dev.drawbridge.bench.load.Target;
import dev.drawbridge.bench.load.Tokens;
import dev.drawbridge.bench.load.server.Arguments;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Two servers of one contestant on one Redis or PostgreSQL, and those who are connected to them.
 * What is published has a number; each reader counts what it gets. Used by one thread.
 */
final class Fleet implements AutoCloseable {
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final String TEXT = "n".repeat(100);
  private static final int NUMBERS = 1 << 22;

  /** Handshakes at once while everybody comes in for the first time. */
  private static final int AT_ONCE = 100;

  /** How a contestant is spoken to. */
  enum Kind {
    DRAWBRIDGE("Drawbridge"),
    DRAWBRIDGE_SQL("Drawbridge on PostgreSQL"),
    SOCKET_IO("Socket.IO, Redis streams adapter, recovery");

    final String title;

    Kind(String title) {
      this.title = title;
    }

    boolean isOurs() {
      return this != SOCKET_IO;
    }
  }

  private final Kind kind;
  private final Arguments arguments;
  private final Carrier carrier;
  private final Target[] servers = new Target[2];
  private final Loop loop;
  private final List<Member> members = new ArrayList<>();

  /** Members whose connection has ended and who want another. */
  private final Deque<Member> returning = new ArrayDeque<>();

  private final long[] sentNanos = new long[NUMBERS];

  /**
   * By number: the publisher has been told that it is out, that it is not, or that nobody knows.
   */
  private final BitSet accepted = new BitSet();

  private final BitSet refused = new BitSet();
  private final BitSet unknown = new BitSet();
  private int next;
  private int answered;
  private long deliveries;

  /** Connections that have ended without being wanted to. */
  private int closes;

  /** Microseconds from publish to receipt of the current round; at most as many as fit. */
  private final int[] latencyMicros = new int[1 << 20];

  private int samples;
  private long lastReceivedNanos;

  Fleet(Kind kind, Arguments arguments) throws Exception {
    this.kind = kind;
    this.arguments = arguments;
    this.carrier = kind == Kind.DRAWBRIDGE_SQL ? new PostgresServer() : new RedisServer();
    for (int i = 0; i < servers.length; i++) {
      servers[i] = start();
    }
    loop = new Loop(servers[0].port());
    loop.pace(1);
  }

  private Target start() throws Exception {
    if (kind.isOurs()) {
      return Target.start(
          kind.title,
          Tokens.hmac(Tokens.SECRET),
          true,
          true,
          List.of(
              "-Xmx" + arguments.text("heap", "512m"),
              "-cp",
              System.getProperty("java.class.path")),
          "dev.drawbridge.bench.BenchServer",
          "--secret",
          Tokens.SECRET,
          "--users",
          "5000",
          "--cluster",
          carrier.url());
    }
    Path program = Path.of(arguments.text("peers", "bench/target/channels"));
    return Target.start(
        kind.title,
        Tokens.hmac(Tokens.SECRET),
        false,
        false,
        List.of(
            arguments.text("node", "node"),
            program.resolve("socketio-cluster.mjs").toString(),
            carrier.url()));
  }

  Kind kind() {
    return kind;
  }

  Carrier carrier() {
    return carrier;
  }

  int closes() {
    return closes;
  }

  long deliveries() {
    return deliveries;
  }

  long lastReceivedNanos() {
    return lastReceivedNanos;
  }

  int published() {
    return next;
  }

  int answered() {
    return answered;
  }

  /** Of both servers and Redis. */
  long cpuNanos() {
    return servers[0].cpuNanos() + servers[1].cpuNanos() + carrier.cpuNanos();
  }

  /** One who is connected, over as many connections as it takes. */
  final class Member {
    private final int number;
    private final boolean reads;
    private final BitSet got = new BitSet();
    private final int since = next;
    private int server;
    private @Nullable Line line;

    /** Whether it has been in before; then it goes on from its place. */
    private boolean known;

    private boolean in;
    private int twice;
    private int resyncs;

    /** From the end of the handshake until all that was missed is there. */
    private long backNanos;

    private String epoch = "";
    private long place;

    /** Of Socket.IO: its session, and the place behind the last event. */
    private String session = "";

    private String offset = "";

    Member(int number, int server, boolean reads) {
      this.number = number;
      this.server = server;
      this.reads = reads;
    }

    long backNanos() {
      return backNanos;
    }

    int twice() {
      return twice;
    }

    int resyncs() {
      return resyncs;
    }

    /** What the publisher knows to be out and this reader never got. */
    int lost() {
      BitSet missing = (BitSet) accepted.clone();
      missing.andNot(got);
      missing.clear(0, since);
      return missing.cardinality();
    }

    private void connect() {
      in = false;
      Line opened = new Line(this, request());
      line = opened;
      loop.openAt(opened, servers[server].port());
    }

    private byte[] request() {
      return kind.isOurs()
          ? Tokens.handshake(servers[server].tokens().of("user-" + number), "authorization")
          : Peer.handshake("/socket.io/?EIO=4&transport=websocket");
    }

    private void publish(int n) throws IOException {
      Line present = line;
      if (present == null || !in) {
        return;
      }
      String data = "{\"n\":" + n + ",\"text\":\"" + TEXT + "\"}";
      present.send(
          Peer.textFrame(
              kind.isOurs()
                  ? "{\"type\":\"publish\",\"id\":\"p"
                      + n
                      + "\",\"channel\":\"room:all\",\"data\":{\"type\":\"news\",\"data\":"
                      + data
                      + "}}"
                  : "42" + n + "[\"publish\"," + data + "]"));
    }
  }

  /** One connection of a member. */
  private final class Line extends Peer {
    private final Member member;
    private long openedNanos;
    private int replayLeft;

    Line(Member member, byte[] request) {
      super(request);
      this.member = member;
    }

    @Override
    protected void opened() {
      openedNanos = System.nanoTime();
    }

    @Override
    protected void text(ByteBuffer payload) throws IOException {
      String text = StandardCharsets.ISO_8859_1.decode(payload.duplicate()).toString();
      if (kind.isOurs()) {
        drawbridge(text);
      } else {
        socketIo(text);
      }
    }

    private void drawbridge(String text) throws IOException {
      if (text.startsWith("{\"type\":\"news\"")) {
        member.place = Math.max(member.place, number(text, "\"seq\":"));
        message((int) number(text, "\"n\":"));
        if (replayLeft > 0 && --replayLeft == 0) {
          enter();
        }
      } else if (text.startsWith("{\"type\":\"ack\",\"id\":\"p")) {
        answered((int) number(text, "\"id\":\"p"), accepted);
      } else if (text.startsWith("{\"type\":\"error\",\"id\":\"p")) {
        answered(
            (int) number(text, "\"id\":\"p"),
            text.contains("\"publish_unknown\"") ? unknown : refused);
      } else if (text.startsWith("{\"type\":\"ack\"")) {
        subscribed(text);
      } else if (text.startsWith("{\"type\":\"resume\"")) {
        member.resyncs++;
        position(text);
      } else if (text.startsWith("{\"type\":\"welcome\"")) {
        if (!member.reads) {
          enter();
        } else {
          send(
              textFrame(
                  member.known
                      ? "{\"type\":\"resume\",\"id\":\"r\",\"data\":{\"epoch\":\""
                          + member.epoch
                          + "\",\"seq\":"
                          + member.place
                          + ",\"channels\":[\"room:all\"]}}"
                      : "{\"type\":\"subscribe\",\"id\":\"s\",\"data\":{\"channels\":[\"room:all\"]}}"));
        }
      }
    }

    private void subscribed(String text) {
      if (text.contains("\"resync\":[\"")) {
        member.resyncs++;
      }
      replayLeft = (int) number(text, "\"replay\":");
      if (replayLeft <= 0) {
        position(text);
        enter();
      }
      if (!member.known) {
        position(text);
        member.known = true;
      }
    }

    private void position(String text) {
      int at = text.indexOf("\"epoch\":\"") + 9;
      member.epoch = text.substring(at, at + 8);
      member.place = number(text, "\"seq\":");
    }

    private void socketIo(String text) throws IOException {
      if (text.startsWith("42")) {
        int last = text.lastIndexOf(",\"");
        member.offset = text.substring(last + 2, text.length() - 2);
        message((int) number(text, "\"n\":"));
      } else if (text.startsWith("43")) {
        answered(Integer.parseInt(text.substring(2, text.indexOf('['))), accepted);
      } else if (text.equals("2")) {
        send(textFrame("3"));
      } else if (text.startsWith("0")) {
        // What it has of a session is what its own client sends.
        send(
            textFrame(
                member.known && !member.offset.isEmpty()
                    ? "40{\"pid\":\"" + member.session + "\",\"offset\":\"" + member.offset + "\"}"
                    : "40"));
      } else if (text.startsWith("40")) {
        int at = text.indexOf("\"pid\":\"") + 7;
        String session = text.substring(at, text.indexOf('"', at));
        if (member.known && !session.equals(member.session)) {
          // It was not recovered, and its client can see that.
          member.resyncs++;
        }
        member.session = session;
        member.known = true;
        enter();
      }
    }

    private void message(int n) {
      if (!member.reads) {
        return;
      }
      long now = System.nanoTime();
      if (member.got.get(n)) {
        member.twice++;
      }
      member.got.set(n);
      deliveries++;
      lastReceivedNanos = now;
      if (samples < latencyMicros.length && member.server == 1) {
        latencyMicros[samples++] = (int) ((now - sentNanos[n]) / 1000);
      }
    }

    private void enter() {
      if (!member.in) {
        member.in = true;
        member.backNanos = System.nanoTime() - openedNanos;
      }
    }

    @Override
    protected void closed(int status) {
      if (member.line == this) {
        member.line = null;
        member.in = false;
        closes++;
        returning.add(member);
      }
    }
  }

  private void answered(int n, BitSet outcome) {
    outcome.set(n);
    answered++;
  }

  /** The number behind a name; −1 where it is not. */
  private static long number(String text, String name) {
    int at = text.indexOf(name);
    if (at < 0) {
      return -1;
    }
    long n = 0;
    for (int i = at + name.length();
        i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9';
        i++) {
      n = n * 10 + text.charAt(i) - '0';
    }
    return n;
  }

  /** Connects so many to a server and waits until all are in. */
  List<Member> connect(int count, int server, boolean reads) {
    List<Member> fresh = new ArrayList<>();
    boolean all =
        run(
            PATIENCE_NANOS,
            () -> {
              while (fresh.size() < count
                  && fresh.stream().filter(member -> !member.in).count() < AT_ONCE) {
                Member member = new Member(members.size(), server, reads);
                members.add(member);
                fresh.add(member);
                member.connect();
              }
              return fresh.size() == count && fresh.stream().allMatch(member -> member.in);
            });
    if (!all) {
      throw new IllegalStateException(kind.title + ": not everybody is in");
    }
    return fresh;
  }

  /** Ends these, who come back no more. */
  void leave(List<Member> some) {
    for (Member member : some) {
      Line line = member.line;
      member.line = null;
      if (line != null) {
        line.cut(0);
      }
      members.remove(member);
      returning.remove(member);
    }
  }

  void publish(Member from) {
    sentNanos[next] = System.nanoTime();
    try {
      from.publish(next++);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Serves until something is true; who has lost the connection comes back to a server that is. */
  boolean run(long nanos, BooleanSupplier until) {
    return loop.run(
        nanos,
        () -> {
          for (Member member = returning.poll(); member != null; member = returning.poll()) {
            if (!servers[member.server].process().isAlive()) {
              member.server = 1 - member.server;
            }
            member.connect();
          }
          return until.getAsBoolean();
        });
  }

  /** Publishes at a rate for so long. */
  void publish(Member from, int rate, long nanos) {
    long began = System.nanoTime();
    int[] told = {0};
    run(
        nanos,
        () -> {
          long due = (System.nanoTime() - began) * rate / 1_000_000_000L;
          while (told[0] < due) {
            publish(from);
            told[0]++;
          }
          return false;
        });
  }

  /** Forgets the latencies that were taken. */
  void clearLatencies() {
    samples = 0;
  }

  /** Those on the other server, sorted. */
  int[] latencies() {
    int[] sorted = java.util.Arrays.copyOf(latencyMicros, samples);
    java.util.Arrays.sort(sorted);
    return sorted;
  }

  boolean isIn(List<Member> some) {
    return some.stream().allMatch(member -> member.in);
  }

  int accepted() {
    return accepted.cardinality();
  }

  int refused() {
    return refused.cardinality();
  }

  int unknown() {
    return unknown.cardinality();
  }

  /** SIGKILL. */
  void kill(int server) {
    servers[server].process().destroyForcibly();
    servers[server].process().onExit().join();
  }

  void startAgain(int server) throws Exception {
    servers[server] = start();
  }

  @Override
  public void close() {
    loop.close();
    servers[0].close();
    servers[1].close();
    carrier.close();
  }
}
