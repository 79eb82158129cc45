package dev.drawbridge.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Opens connections and closes them again, a fixed number at once: TCP, handshake, the first frame
 * of those that welcome, and the closing handshake.
 */
final class Handshakes implements Load {
  private static final int AT_ONCE = 16;

  private final Target target;
  private final Supplier<byte[]> requests;
  private long done;
  private long failed;
  private boolean stopping;
  private int open;
  private long[] nanos = new long[1 << 16];

  /**
   * A load on one target.
   *
   * @param requests the next handshake; called once for each
   */
  Handshakes(Target target, Supplier<byte[]> requests) {
    this.target = target;
    this.requests = requests;
  }

  private final class Visit extends Peer {
    private final Loop loop;
    private final long began = System.nanoTime();
    private boolean left;

    Visit(Loop loop) {
      super(requests.get());
      this.loop = loop;
      open++;
    }

    @Override
    protected void opened() throws IOException {
      if (!target.welcomes()) {
        entered();
      }
    }

    @Override
    protected void text(ByteBuffer payload) throws IOException {
      if (!left) {
        entered();
      }
    }

    private void entered() throws IOException {
      left = true;
      if (done + 1 >= nanos.length) {
        nanos = Arrays.copyOf(nanos, nanos.length * 2);
      }
      nanos[(int) done++] = System.nanoTime() - began;
      leave();
    }

    @Override
    protected void closed(int status) {
      open--;
      if (!left) {
        failed++;
      }
      if (!stopping) {
        loop.open(new Visit(loop));
      }
    }
  }

  @Override
  public Figures run(long durationNanos) throws IOException {
    done = 0;
    stopping = false;
    try (Loop loop = new Loop(target.port())) {
      long switches = target.switches();
      long cpu = target.cpuNanos();
      long began = System.nanoTime();
      for (int i = 0; i < AT_ONCE; i++) {
        loop.open(new Visit(loop));
      }
      loop.run(durationNanos);
      stopping = true;
      if (!loop.run(10_000_000_000L, () -> open == 0)) {
        throw new IOException(open + " connections to " + target.name() + " do not end");
      }
      long elapsed = System.nanoTime() - began;
      if (failed > 0) {
        throw new IOException(failed + " handshakes of " + target.name() + " failed");
      }
      long[] sorted = Arrays.copyOf(nanos, (int) done);
      Arrays.sort(sorted);
      return new Figures(
          done,
          elapsed,
          target.cpuNanos() - cpu,
          target.switches() - switches,
          Figures.percentile(sorted, 50),
          Figures.percentile(sorted, 99),
          0);
    }
  }

  /** Nothing stays open between runs. */
  @Override
  public void close() {}
}
