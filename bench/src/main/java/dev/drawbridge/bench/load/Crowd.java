package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Many connections of one target that stay open, one for each user. */
final class Crowd implements AutoCloseable {
  private static final long PATIENCE_NANOS = 120_000_000_000L;

  /** Small, so that a reader that stops is felt soon. */
  private static final int SLOW_BUFFER_BYTES = 4096;

  private final Target target;
  private final Loop loop;
  private final List<Member> members = new ArrayList<>();
  private final long[] enteredNanos;
  private int begun;
  private int entered;
  private int lost;
  private long received;
  private long lastReceivedNanos;

  Crowd(Target target, int most) throws IOException {
    this.target = target;
    this.loop = new Loop(target.port());
    this.enteredNanos = new long[most];
  }

  private final class Member extends Peer {
    private final long began = System.nanoTime();
    private boolean isIn;

    Member(byte[] request) {
      super(request);
    }

    @Override
    protected void opened() {
      if (!target.welcomes()) {
        enter();
      }
    }

    @Override
    protected void text(ByteBuffer payload) {
      if (!isIn) {
        enter();
        return;
      }
      received++;
      lastReceivedNanos = System.nanoTime();
    }

    private void enter() {
      isIn = true;
      enteredNanos[entered++] = System.nanoTime() - began;
    }

    @Override
    protected void closed(int status) {
      lost++;
    }
  }

  /** Opens connections until there are so many, at most so many handshakes at once. */
  void fill(int size, int atOnce) throws IOException {
    // Signed before: the driver's own work must not slow the storm.
    List<byte[]> requests = new ArrayList<>();
    for (int i = begun; i < size; i++) {
      requests.add(Tokens.handshake(target.tokens().of("user-" + i), "authorization"));
    }
    int first = begun;
    boolean all =
        loop.run(
            PATIENCE_NANOS,
            () -> {
              while (begun < size && begun - entered - lost < atOnce) {
                Member member = new Member(requests.get(begun - first));
                members.add(member);
                // One in a hundred may be told to stop reading later.
                loop.open(member, begun % 100 == 99 ? SLOW_BUFFER_BYTES : null);
                begun++;
              }
              return entered + lost == size;
            });
    if (!all || lost > 0) {
      throw new IOException(
          target.name() + ": " + entered + " of " + size + " are in, " + lost + " are lost");
    }
  }

  /** Percentile of the time from the first packet to the end of the handshake. */
  long percentile(int percent) {
    long[] sorted = Arrays.copyOf(enteredNanos, entered);
    Arrays.sort(sorted);
    return Figures.percentile(sorted, percent);
  }

  /** Serves pings for so long. */
  void rest(long nanos) {
    loop.run(nanos);
  }

  /** Makes one member in a hundred stop to read. */
  int stopSome() {
    int stopped = 0;
    for (int i = 99; i < members.size(); i += 100) {
      members.get(i).stopReading();
      stopped++;
    }
    return stopped;
  }

  /**
   * Has the server send one text to all.
   *
   * @param readers members that read
   * @return nanoseconds until the last of them has it
   */
  long broadcast(int readers) throws IOException {
    long before = received;
    long began = System.nanoTime();
    Thread asking = new Thread(() -> target.ask("broadcast"));
    asking.start();
    if (!loop.run(PATIENCE_NANOS, () -> received - before >= readers)) {
      throw new IOException("only " + (received - before) + " of " + readers + " have it");
    }
    try {
      asking.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return lastReceivedNanos - began;
  }

  @Override
  public void close() {
    loop.close();
  }
}
