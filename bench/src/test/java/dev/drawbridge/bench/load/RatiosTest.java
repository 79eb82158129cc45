package dev.drawbridge.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.bench.load.server.Arguments;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The short form of {@code bench/run.sh}: messages per second of processor time beside bare Jetty,
 * in rounds in turn, with limits so wide that only a ratio that has fallen by half is below them.
 * What is counted is messages and processor time, not seconds of the clock, so that a busy machine
 * makes it longer and no judgement is left out.
 */
@Timeout(120)
class RatiosTest {
  private static final int CONNECTIONS = 20;
  private static final int ROUNDS = 3;
  private static final long SLICE_NANOS = 150_000_000L;
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  /** What the servers answer before anybody judges; their quick compiler is done by then. */
  private static final long WARM_MESSAGES = 30_000;

  /** What a figure stands on: twenty ticks of the system's clock of processor time. */
  private static final long ROUND_CPU_NANOS = 200_000_000L;

  private static Target bare;
  private static Target ours;

  /** By messages under way on a connection. */
  private static final Map<Integer, Ratios> MEASURED = new HashMap<>();

  /**
   * What a pair of servers gave.
   *
   * @param toBare messages per CPU second of ours, times those of bare Jetty
   * @param slowed the same of ours with a handler that takes as long as all else of a message
   *     together, times those of ours
   */
  private record Ratios(double toBare, double slowed) {}

  @BeforeAll
  static void start() throws Exception {
    // Warm in a second: with the second compiler both would be twice as fast half a minute later.
    Arguments arguments = new Arguments(Map.of("heap", "256m", "jvm", "-XX:TieredStopAtLevel=1"));
    bare = Targets.start("bare", 100, arguments);
    ours = Targets.start("ordinary", 100, arguments);
    Proof.of(bare);
    Proof.of(ours);
  }

  @AfterAll
  static void stop() {
    bare.close();
    ours.close();
  }

  /** With 16 messages under way on each connection, and with one: 0.6 of what is usual here. */
  @ParameterizedTest
  @CsvSource({"16, 0.8", "1, 0.7"})
  void ordinaryHandlersCostAtMostTwiceWhatTheyDid(int window, double least) throws Exception {
    Ratios ratios = measured(window);

    assertThat(ratios.toBare).as("messages per CPU second, times bare Jetty").isGreaterThan(least);
  }

  /** So that the test above would see it. */
  @ParameterizedTest
  @ValueSource(ints = {16, 1})
  void messageThatCostsTwiceAsMuchHalvesTheRatio(int window) throws Exception {
    Ratios ratios = measured(window);

    assertThat(ratios.slowed).isLessThan(0.65);
  }

  private static Ratios measured(int window) throws IOException {
    Ratios known = MEASURED.get(window);
    if (known != null) {
      return known;
    }
    try (Messages theirs = new Messages(bare, CONNECTIONS, window);
        Messages mine = new Messages(ours, CONNECTIONS, window)) {
      warmUp(theirs);
      warmUp(mine);
      long nanos = (long) (1e9 / perCpuSecond(mine));
      try (Messages slow = Messages.slow(ours, CONNECTIONS, window, nanos)) {
        double[] toBare = new double[ROUNDS];
        double[] slowed = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
          double before = perCpuSecond(theirs);
          double mineNow = perCpuSecond(mine);
          slowed[round] = perCpuSecond(slow) / mineNow;
          // On both sides, so that a machine that grows slower favours none.
          toBare[round] = mineNow / ((before + perCpuSecond(theirs)) / 2);
        }
        Ratios ratios = new Ratios(Figures.median(toBare), Figures.median(slowed));
        System.out.printf("window %d: %s%n", window, ratios);
        MEASURED.put(window, ratios);
        return ratios;
      }
    }
  }

  private static void warmUp(Messages messages) throws IOException {
    long answered = 0;
    long began = System.nanoTime();
    while (answered < WARM_MESSAGES) {
      answered += messages.run(SLICE_NANOS).operations();
      assertThat(System.nanoTime() - began)
          .as("nanoseconds for " + answered + " messages")
          .isLessThan(PATIENCE_NANOS);
    }
  }

  private static double perCpuSecond(Messages messages) throws IOException {
    long answered = 0;
    long cpuNanos = 0;
    long began = System.nanoTime();
    do {
      Figures slice = messages.run(SLICE_NANOS);
      answered += slice.operations();
      cpuNanos += slice.cpuNanos();
      assertThat(System.nanoTime() - began)
          .as("nanoseconds for " + cpuNanos + " of the processor")
          .isLessThan(PATIENCE_NANOS);
    } while (cpuNanos < ROUND_CPU_NANOS);
    return answered * 1e9 / cpuNanos;
  }
}
