package dev.drawbridge.bench.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One text to many connections of one target, again and again: the next one when everybody has the
 * last.
 */
final class FanOut implements Load {
  private static final int AT_ONCE = 500;

  private final Target target;
  private final Crowd crowd;
  private final int readers;

  /** Opens the connections. */
  FanOut(Target target, int readers) throws IOException {
    this.target = target;
    this.readers = readers;
    this.crowd = new Crowd(target, readers);
    try {
      crowd.fill(readers, AT_ONCE);
    } catch (IOException e) {
      crowd.close();
      throw e;
    }
  }

  /** Runs for so long; an operation is one delivery, a latency the time until the last has it. */
  @Override
  public Figures run(long nanos) throws IOException {
    List<Long> times = new ArrayList<>();
    long switches = target.switches();
    long cpu = target.cpuNanos();
    long began = System.nanoTime();
    while (times.isEmpty() || System.nanoTime() - began < nanos) {
      times.add(crowd.broadcast(readers));
    }
    long elapsed = System.nanoTime() - began;
    long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
    return new Figures(
        (long) sorted.length * readers,
        elapsed,
        target.cpuNanos() - cpu,
        target.switches() - switches,
        Figures.percentile(sorted, 50),
        Figures.percentile(sorted, 99),
        0);
  }

  @Override
  public void close() {
    crowd.close();
  }
}
