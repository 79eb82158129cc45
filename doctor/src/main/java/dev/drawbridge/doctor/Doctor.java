package dev.drawbridge.doctor;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;

/**
 * The command {@code java -jar drawbridge-doctor.jar}: tells from outside why a WebSocket
 * connection does not come about or does not last. Its options, its JSON and its exit status stand
 * in docs/doctor.md.
 */
public final class Doctor {
  private static final int INTERNAL = 1;
  private static final int USAGE = 2;

  private Doctor() {}

  /**
   * Examines, says what was found, and ends the process with the status of the kind of fault.
   *
   * @param arguments as {@code --help} says
   */
  public static void main(String[] arguments) {
    int status =
        run(List.of(arguments), System.getenv(), System.in, System.out, System.err, terminal());
    System.out.flush();
    System.exit(status);
  }

  /**
   * The same without the end of the process.
   *
   * @param terminal whether a person reads the output, who may like colours
   * @return the exit status
   */
  static int run(
      List<String> arguments,
      Map<String, String> environment,
      InputStream in,
      PrintStream out,
      PrintStream err,
      boolean terminal) {
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
      Connector connector = new Connector(options.address(), options.caFile());
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
      if (!options.json()) {
        out.println(options.address().shown());
      }
      List<Result> results = examination.run();
      String server =
          examination.drawbridge() ? "drawbridge" : examination.known() ? "foreign" : "unknown";
      String json = Report.json(options, server, results, startedAt);
      out.println(options.json() ? json : Report.conclusion(results));
      if (options.report() != null) {
        Files.writeString(options.report(), json + "\n", StandardCharsets.UTF_8);
      }
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
