package dev.drawbridge.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** All steps, in their order; the first that fails ends them. Used once, by one thread. */
final class Examination {
  private final Options options;
  private final Connector connector;
  private final Consumer<Result> listener;
  private final Patient patient = new Patient();
  private final List<Result> results = new ArrayList<>();

  /**
   * @param listener is told each result as it is there
   */
  Examination(Options options, Connector connector, Consumer<Result> listener) {
    this.options = options;
    this.listener = listener;
    this.connector = connector;
  }

  /** A step's own work. */
  @FunctionalInterface
  private interface Work {
    Finding look() throws Fault;
  }

  /** All steps, each with its result. */
  List<Result> run() {
    try {
      Journey journey = new Journey(options, connector, patient);
      Routes routes = new Routes(options, connector, patient);
      Handshake handshake = new Handshake(options, connector, patient, routes);
      Talk talk = new Talk(options, patient);
      boolean well =
          step(Step.DNS, journey::dns)
              && step(Step.TCP, journey::tcp)
              && step(Step.TLS, journey::tls)
              && step(Step.DISCOVERY, routes::discovery)
              && step(Step.PREFLIGHT, routes::preflight)
              && step(Step.TOKEN, routes::token)
              && step(Step.USER, routes::user)
              && step(Step.HTTP2, handshake::http2)
              && step(Step.UPGRADE, handshake::upgrade)
              && step(Step.WELCOME, talk::welcome)
              && step(Step.ECHO, talk::echo)
              && step(Step.HEARTBEAT, talk::heartbeat)
              && step(Step.WATCH, talk::watch)
              && step(Step.DRAIN, talk::drain)
              && step(Step.CLOSE, talk::close);
      if (!well) {
        Step failed = results.get(results.size() - 1).step();
        Step.after(failed).forEach(step -> add(Result.behind(failed, step)));
      }
      return results;
    } finally {
      if (patient.line != null) {
        patient.line.close();
      }
    }
  }

  boolean drawbridge() {
    return patient.drawbridge;
  }

  /** Whether anything has told yet whose server it is. */
  boolean known() {
    return results.stream()
        .anyMatch(
            each ->
                each.step() == Step.DISCOVERY
                    && each.status() != Result.Status.SKIPPED
                    && (patient.drawbridge || each.status() != Result.Status.FAILED));
  }

  private boolean step(Step step, Work work) {
    long start = System.nanoTime();
    Finding finding;
    try {
      finding = work.look();
    } catch (Fault fault) {
      Map<String, Object> facts =
          patient.attempt.isEmpty() ? Map.of() : Map.of("attempt", patient.attempt);
      add(
          new Result(
              step,
              Result.Status.FAILED,
              millis(start),
              fault.code(),
              fault.detail(),
              Advice.fix(fault.code()),
              facts));
      return false;
    }
    boolean skipped = finding.status() == Result.Status.SKIPPED;
    String code = finding.code();
    add(
        new Result(
            step,
            finding.status(),
            skipped ? 0 : millis(start),
            code,
            finding.detail(),
            code == null ? null : Advice.fix(code),
            finding.facts()));
    return true;
  }

  private void add(Result result) {
    results.add(result);
    listener.accept(result);
  }

  private static long millis(long since) {
    return (System.nanoTime() - since) / 1_000_000;
  }
}
