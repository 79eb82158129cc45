package dev.drawbridge.bench.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Prints tables in Markdown: processor time per operation first, rates of the clock behind it, each
 * beside the target that all are measured by, round by round, as median (min–max).
 */
final class Report {
  /** What the slowest connection should have at least, of the mean. */
  private static final double FAIR = 0.8;

  /** Names of the targets that all others are measured by, the most important first. */
  private final List<String> measures;

  /**
   * Measures by the earlier build or the bare server, where there is one, else by the first target;
   * and by Bun, too, where there is Bun.
   */
  Report(List<String> targets) {
    String first =
        Stream.of(Targets.BEFORE, Targets.BARE)
            .filter(targets::contains)
            .findFirst()
            .orElse(targets.get(0));
    measures = Stream.of(first, Targets.BUN).filter(targets::contains).distinct().toList();
  }

  /**
   * Prints what the rounds of one scenario gave.
   *
   * @param operation what is counted, such as {@code message}
   * @param rates whether the ratio is that of operations per processor second, where more is
   *     better, in place of that of processor time per operation
   */
  void rounds(String title, String operation, boolean rates, Map<String, List<Figures>> results) {
    ToDoubleFunction<Figures> judged = rates ? Figures::perCpuSecond : Figures::cpuMicros;
    List<String> head = new ArrayList<>(List.of("target", "CPU µs per " + operation));
    head.add("per CPU second");
    for (String measure : measures) {
      head.add("× " + measure + (rates ? ", more is better" : ", less is better"));
    }
    head.add("per second");
    measures.forEach(measure -> head.add("× " + measure));
    head.addAll(List.of("switches", "slowest connection", "p50 ms", "p99 ms"));
    System.out.printf("%n### %s%n%n%s", title, row(head));
    System.out.print(row(head.stream().map(any -> "---").toList()).replace(" ", ""));
    results.forEach(
        (name, list) -> {
          List<String> cells = new ArrayList<>(List.of(name));
          cells.add("%.2f".formatted(Figures.median(list, Figures::cpuMicros)));
          cells.add("%.0f".formatted(Figures.median(list, Figures::perCpuSecond)));
          measures.forEach(measure -> cells.add(ratios(list, results.get(measure), judged)));
          cells.add("%.0f".formatted(Figures.median(list, Figures::perSecond)));
          measures.forEach(
              measure -> cells.add(ratios(list, results.get(measure), Figures::perSecond)));
          cells.add(orDash("%.2f", Figures.median(list, Figures::switchesPerOperation)));
          cells.add(orDash("%.2f", Figures.median(list, Figures::fairness)));
          cells.add(orDash("%.1f", Figures.median(list, Figures::p50Millis)));
          cells.add(orDash("%.1f", Figures.median(list, Figures::p99Millis)));
          System.out.print(row(cells));
        });
    fairness(results);
  }

  private static void fairness(Map<String, List<Figures>> results) {
    StringJoiner verdicts = new StringJoiner("; ");
    results.forEach(
        (name, list) -> {
          double slowest = Figures.median(list, Figures::fairness);
          if (slowest > 0) {
            verdicts.add(name + (slowest >= FAIR ? " yes" : " no, %.2f".formatted(slowest)));
          }
        });
    if (verdicts.length() > 0) {
      System.out.printf("%nSlowest connection ≥ %.1f of the mean: %s.%n", FAIR, verdicts);
    }
  }

  /**
   * Prints what idle connections cost.
   *
   * @param results bytes of heap per connection, by round
   */
  void idle(int connections, Map<String, double[]> results) {
    List<String> head = new ArrayList<>(List.of("target"));
    head.add("heap bytes per connection, " + connections + " idle");
    measures.forEach(measure -> head.add("× " + measure));
    System.out.printf("%n### idle%n%n%s", row(head));
    System.out.print(row(head.stream().map(any -> "---").toList()).replace(" ", ""));
    results.forEach(
        (name, bytes) -> {
          List<String> cells = new ArrayList<>(List.of(name));
          cells.add("%.0f".formatted(Figures.median(bytes)));
          measures.forEach(measure -> cells.add(ratios(bytes, results.get(measure))));
          System.out.print(row(cells));
        });
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |" + System.lineSeparator();
  }

  private static String orDash(String format, double value) {
    return value == 0 ? "–" : format.formatted(value);
  }

  private static String ratios(
      List<Figures> list, List<Figures> base, ToDoubleFunction<Figures> figure) {
    return ratios(
        list.stream().mapToDouble(figure).toArray(), base.stream().mapToDouble(figure).toArray());
  }

  /** Round by round, as median and range. */
  private static String ratios(double[] figures, double[] base) {
    double[] ratios = new double[figures.length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = figures[i] / base[i];
    }
    Arrays.sort(ratios);
    return "%.2f (%.2f–%.2f)"
        .formatted(Figures.median(ratios), ratios[0], ratios[ratios.length - 1]);
  }
}
