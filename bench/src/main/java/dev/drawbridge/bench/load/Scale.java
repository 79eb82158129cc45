package dev.drawbridge.bench.load;

import dev.drawbridge.bench.load.server.Arguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What many connections cost: a storm of handshakes on a server that has just started, the heap of
 * those that are idle, broadcasts, and broadcasts with slow readers among them. Prints a table in
 * Markdown, and draws it with {@code --plot FILE}; the arguments stand in README.md.
 */
public final class Scale {
  private static final long REST_NANOS = 2_000_000_000L;
  private static final int BROADCASTS = 20;
  private static final int LARGE_BROADCASTS = 60;

  private Scale() {}

  /** Runs with the crowds of {@code --sizes} on the targets of {@code --targets}. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    System.out.printf(
        "%n| target | connections | all in after s | p99 of a handshake ms | CPU µs per handshake |"
            + " users loaded | heap bytes per connection | broadcast ms (median) | µs per recipient"
            + " | bytes allocated per recipient | p99 ms of large broadcasts | the same, 1 in 100"
            + " stopped |%n|---|---|---|---|---|---|---|---|---|---|---|---|%n");
    Plot plot = new Plot();
    for (String size : List.of(arguments.text("sizes", "1000,5000,10000,19000").split(",", -1))) {
      for (String name : List.of(arguments.text("targets", "bare,hs256").split(",", -1))) {
        int count = Integer.parseInt(size);
        try (Target target = Targets.start(name, count, arguments)) {
          Proof.of(target);
          measure(target, count, arguments.number("at-once", 1000), plot);
        }
      }
    }
    String file = arguments.text("plot", null);
    if (file != null) {
      plot.write(Path.of(file));
    }
  }

  private static void measure(Target target, int count, int atOnce, Plot plot) throws IOException {
    long heap = target.askNumber("heap");
    String loaded = target.ask("loads");
    long loads = loaded.equals("unknown") ? 0 : Long.parseLong(loaded);
    try (Crowd crowd = new Crowd(target, count)) {
      long cpu = target.cpuNanos();
      long began = System.nanoTime();
      crowd.fill(count, atOnce);
      double seconds = (System.nanoTime() - began) / 1e9;
      double cpuMicros = (target.cpuNanos() - cpu) / 1e3 / count;
      // Now: every minute each user is looked at again.
      String users =
          loaded.equals("unknown") ? "-" : String.valueOf(target.askNumber("loads") - loads);
      crowd.rest(REST_NANOS);
      double perConnection = (target.askNumber("heap") - heap) / (double) count;
      long allocated = target.askNumber("allocated");
      double[] small = broadcasts(crowd, count, BROADCASTS);
      double perRecipient =
          (target.askNumber("allocated") - allocated) / (double) count / BROADCASTS;
      target.ask("large");
      double alone = p99(broadcasts(crowd, count, LARGE_BROADCASTS));
      int stopped = crowd.stopSome();
      double beside = p99(broadcasts(crowd, count - stopped, LARGE_BROADCASTS));
      double median = Figures.median(small);
      plot.add("all in after a cold start, s", target.name(), count, seconds);
      plot.add("heap of an idle connection, B", target.name(), count, perConnection);
      plot.add("broadcast to all, ms", target.name(), count, median);
      System.out.printf(
          "| %s | %d | %.2f | %.0f | %.0f | %s | %.0f | %.1f | %.2f | %.0f | %.1f | %.1f |%n",
          target.name(),
          count,
          seconds,
          crowd.percentile(99) / 1e6,
          cpuMicros,
          users,
          perConnection,
          median,
          median * 1000 / count,
          perRecipient,
          alone,
          beside);
    }
  }

  /** Milliseconds until the last reader has each of so many broadcasts. */
  private static double[] broadcasts(Crowd crowd, int readers, int times) throws IOException {
    double[] millis = new double[times];
    for (int i = 0; i < times; i++) {
      millis[i] = crowd.broadcast(readers) / 1e6;
    }
    return millis;
  }

  private static double p99(double[] millis) {
    double[] sorted = millis.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))];
  }
}
