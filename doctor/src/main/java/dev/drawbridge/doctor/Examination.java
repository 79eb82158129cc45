package dev.drawbridge.doctor;

import dev.drawbridge.doctor.wire.Connector;
import dev.drawbridge.doctor.wire.Deadline;
import dev.drawbridge.doctor.wire.Fault;
import dev.drawbridge.doctor.wire.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All steps, in their order; the first that fails ends them. Used once, by one thread, but for
 * {@link #interrupt}.
 */
final class Examination {
  private final Options options;
  private final Connector connector;
  private final Consumer<Result> listener;
  private final Patient patient = new Patient();
  private final List<Result> results = new ArrayList<>();
  private final Secrets secrets;

  /** Null until {@link #run}. */
  private volatile @Nullable Thread runner;

  private volatile boolean interrupted;

  /**
   * @param listener is told each result as it is there
   */
  Examination(Options options, Connector connector, Consumer<Result> listener) {
    this.options = options;
    this.listener = listener;
    this.connector = connector;
    this.secrets = Secrets.of(options.token(), options.address().query());
  }

  /** Ends the step that is under way, and with it all; by any thread. */
  void interrupt() {
    interrupted = true;
    connector.abort();
    Thread running = runner;
    if (running != null) {
      running.interrupt();
    }
  }

  /** A step's own work. */
  @FunctionalInterface
  private interface Work {
    Finding look() throws Fault;
  }

  /** All steps, each with its result. */
  List<Result> run() {
    runner = Thread.currentThread();
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
      runner = null;
      if (Thread.interrupted()) {
        interrupted = true;
      }
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
    patient.deadline = Deadline.in(options.timeout());
    Finding finding;
    try {
      finding = work.look();
      if (interrupted) {
        throw stopped();
      }
    } catch (Fault met) {
      Fault fault = interrupted ? stopped() : met.and(beside(step));
      Map<String, Object> facts =
          patient.attempt.isEmpty() ? Map.of() : Map.of("attempt", patient.attempt);
      add(
          new Result(
              step,
              Result.Status.FAILED,
              took(step, start),
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
            skipped ? 0 : took(step, start),
            code,
            finding.detail(),
            code == null ? null : Advice.fix(code),
            finding.facts()));
    return true;
  }

  private Fault stopped() {
    long open = patient.openedAt == 0 ? -1 : millis(patient.openedAt);
    return new Fault(
        "interrupted",
        open < 0 ? "while it was under way" : "the connection was open for " + Text.time(open));
  }

  /** What this machine's environment has to do with a step that fails. */
  private String beside(Step step) {
    String variable = options.proxyVariable();
    return variable != null && (step == Step.DNS || step == Step.TCP)
        ? variable + " names a proxy here, and the doctor does not use it"
        : "";
  }

  private void add(Result result) {
    Result hidden = secrets.hide(result);
    results.add(hidden);
    listener.accept(hidden);
  }

  private long took(Step step, long start) {
    return step == Step.WATCH ? patient.heldMillis : millis(start);
  }

  private static long millis(long since) {
    return (System.nanoTime() - since) / 1_000_000;
  }
}
