package dev.drawbridge.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The short form of {@code bench/run.sh}: messages per second of processor time beside bare Jetty,
 * in rounds in turn, with limits so wide that only a ratio that has fallen by half is below them.
 * Judged only where both servers get enough of the machine to be warm.
 */
@Timeout(120)
class RatiosTest {
  private static final int CONNECTIONS = 20;
  private static final int ROUNDS = 4;
  private static final long ROUND_NANOS = 400_000_000L;
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  /** What a server must have answered before its figures say anything. */
  private static final long WARM_MESSAGES = 20_000;

  private static final long MESSAGES_OF_A_ROUND = 500;

  /** With 16 messages under way on each connection, and with one. RESULTS.md has what is usual. */
  @ParameterizedTest
  @CsvSource({"16, 1.0", "1, 0.65"})
  void ordinaryHandlersCostAtMostTwiceWhatTheyDid(int window, double least) throws Exception {
    Arguments arguments = new Arguments(Map.of("heap", "256m"));
    try (Target bare = Targets.start("bare", 100, arguments);
        Target ours = Targets.start("ordinary", 100, arguments)) {
      Proof.of(bare);
      Proof.of(ours);
      warmUp(bare, window);
      warmUp(ours, window);
      double[] ratios = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        // Forth and back, so that a machine that grows slower favours none.
        boolean forth = round % 2 == 0;
        Figures first = judged(forth ? bare : ours, window);
        Figures second = judged(forth ? ours : bare, window);
        double ratio = second.perCpuSecond() / first.perCpuSecond();
        ratios[round] = forth ? ratio : 1 / ratio;
      }

      assertThat(Figures.median(ratios))
          .as("messages per CPU second, times bare Jetty")
          .isGreaterThan(least);
    }
  }

  private static void warmUp(Target target, int window) throws IOException {
    long answered = 0;
    long until = System.nanoTime() + WARM_UP_NANOS;
    while (System.nanoTime() < until) {
      answered += run(target, window).operations();
    }
    assumeTrue(answered >= WARM_MESSAGES, "the machine is too busy to warm up: " + answered);
  }

  private static Figures judged(Target target, int window) throws IOException {
    Figures figures = run(target, window);
    assumeTrue(
        figures.operations() >= MESSAGES_OF_A_ROUND && figures.cpuNanos() > 0,
        "the machine is too busy for figures");
    return figures;
  }

  private static Figures run(Target target, int window) throws IOException {
    try (Messages messages = new Messages(target, CONNECTIONS, window)) {
      return messages.run(ROUND_NANOS);
    }
  }
}
