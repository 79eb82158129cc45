package dev.drawbridge.bench.load;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one round of one target gave.
 *
 * @param operations handshakes, messages, or deliveries of a broadcast
 * @param elapsedNanos wall time
 * @param cpuNanos processor time of the server
 * @param switches context switches of the server
 * @param p50Nanos latency that half of the operations keep to, 0 when it was not measured
 * @param p99Nanos the same of 99 in 100; of a broadcast until the last one has it
 * @param fairness operations of the slowest connection as a part of the mean, 0 when it was not
 *     measured
 */
public record Figures(
    long operations,
    long elapsedNanos,
    long cpuNanos,
    long switches,
    long p50Nanos,
    long p99Nanos,
    double fairness) {

  double perSecond() {
    return operations * 1e9 / elapsedNanos;
  }

  double perCpuSecond() {
    return operations * 1e9 / cpuNanos;
  }

  double cpuMicros() {
    return cpuNanos / 1e3 / operations;
  }

  double switchesPerOperation() {
    return switches / (double) operations;
  }

  double p50Millis() {
    return p50Nanos / 1e6;
  }

  double p99Millis() {
    return p99Nanos / 1e6;
  }

  public static long percentile(long[] sorted, int percent) {
    return sorted.length == 0
        ? 0
        : sorted[(int) Math.min(sorted.length - 1, sorted.length * (long) percent / 100)];
  }

  static double median(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
    return median(rounds.stream().mapToDouble(figure).toArray());
  }

  public static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
