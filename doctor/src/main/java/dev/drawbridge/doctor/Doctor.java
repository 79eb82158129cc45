package dev.drawbridge.doctor;

import dev.drawbridge.doctor.wire.Connector;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The command {@code java -jar drawbridge-doctor.jar}: tells from outside why a WebSocket
 * connection does not come about or does not last. Its options, its JSON and its exit status stand
 * in docs/doctor.md.
 */
public final class Doctor {
  private static final int INTERNAL = 1;
  private static final int USAGE = 2;

  /** What is left of the time that who stops a process gives it. */
  private static final long LAST_WORDS_SECONDS = 3;

  private Doctor() {}

  /**
   * Examines, says what was found, and ends the process with the status of the kind of fault.
   *
   * @param arguments as {@code --help} says
   */
  public static void main(String[] arguments) {
    AtomicReference<@Nullable Examination> current = new AtomicReference<>();
    CountDownLatch told = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(current, told), "drawbridge-doctor-stop"));
    int status =
        run(
            List.of(arguments),
            System.getenv(),
            System.in,
            System.out,
            System.err,
            terminal(),
            current::set);
    System.out.flush();
    told.countDown();
    System.exit(status);
  }

  /** Ctrl-C, or who has waited for too long: what was seen so far is still said. */
  private static void stop(AtomicReference<@Nullable Examination> current, CountDownLatch told) {
    Examination examination = current.get();
    if (told.getCount() == 0 || examination == null) {
      return;
    }
    examination.interrupt();
    try {
      if (told.await(LAST_WORDS_SECONDS, TimeUnit.SECONDS)) {
        Runtime.getRuntime().halt(Advice.exit("interrupted"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The same without the end of the process.
   *
   * @param terminal whether a person reads the output, who may like colours
   * @param begun is told what begins, which may be interrupted
   * @return the exit status
   */
  static int run(
      List<String> arguments,
      Map<String, String> environment,
      InputStream in,
      PrintStream out,
      PrintStream err,
      boolean terminal,
      Consumer<Examination> begun) {
    if (arguments.contains("--help")) {
      out.print(Options.HELP);
      return 0;
    }
    if (arguments.contains("--version")) {
      String version = Doctor.class.getPackage().getImplementationVersion();
      out.println("drawbridge-doctor " + (version == null ? "(not packaged)" : version));
      return 0;
    }
    try {
      Options options = Options.parse(arguments, environment, in);
      Connector connector = connector(options);
      // Found out now, not behind a long watch.
      write(options.report(), "");
      long startedAt = System.currentTimeMillis();
      boolean color = options.color() && terminal;
      Examination examination =
          new Examination(
              options,
              connector,
              result -> {
                if (!options.json() && !result.followsFault()) {
                  out.println(Report.line(result, color));
                  out.flush();
                }
              });
      begun.accept(examination);
      if (!options.json()) {
        out.println(options.address().shown());
      }
      List<Result> results = examination.run();
      String server =
          examination.drawbridge() ? "drawbridge" : examination.known() ? "foreign" : "unknown";
      String json = Report.json(options, server, results, startedAt);
      out.println(options.json() ? json : Report.conclusion(results));
      write(options.report(), json + "\n");
      return Advice.exit(Report.kind(results));
    } catch (Options.UsageException e) {
      err.println("drawbridge-doctor: " + e.getMessage());
      err.println("drawbridge-doctor --help says what can be asked.");
      return USAGE;
    } catch (IOException e) {
      err.println("drawbridge-doctor: the report cannot be written");
      return INTERNAL;
    } catch (RuntimeException e) {
      // Its message may hold what a stranger has sent.
      err.println("drawbridge-doctor: failed itself: " + e.getClass().getName());
      return INTERNAL;
    }
  }

  private static Connector connector(Options options) throws Options.UsageException {
    try {
      return new Connector(options.address(), options.caFile());
    } catch (IllegalArgumentException e) {
      throw new Options.UsageException(String.valueOf(e.getMessage()));
    }
  }

  private static void write(@Nullable Path report, String text) throws IOException {
    if (report != null) {
      Files.writeString(report, text, StandardCharsets.UTF_8);
    }
  }

  @SuppressWarnings("SystemConsoleNull") // Asked for below.
  private static boolean terminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      // Since Java 22 there is a console without a terminal, too.
      return Boolean.TRUE.equals(Console.class.getMethod("isTerminal").invoke(console));
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }
}
