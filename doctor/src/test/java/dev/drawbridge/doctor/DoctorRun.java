package dev.drawbridge.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;

/** One examination, by the program in Java or by that for Node. Thread-safe. */
public final class DoctorRun implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path PROGRAM = Path.of("..", "client", "target", "dist", "doctor.js");
  private static final long PATIENCE_SECONDS = 40;

  /** The program. */
  public enum By {
    JAVA,
    NODE;

    /** Skips the calling test where there is no Node, or fails it when there must be one. */
    public By present() {
      if (this == NODE && !nodeIsThere()) {
        if (Boolean.parseBoolean(System.getenv("REQUIRE_NODE"))) {
          throw new AssertionError("node is not installed (REQUIRE_NODE=true)");
        }
        Assumptions.abort("node is not installed");
      }
      return this;
    }

    private static boolean nodeIsThere() {
      try {
        return new ProcessBuilder("node", "--version").start().waitFor() == 0;
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  /**
   * What came of it.
   *
   * @param report the JSON object; a missing node where there was none
   */
  public record Outcome(int exit, JsonNode report, String output) {

    /** The first step that failed, its code, kind and exit status. */
    public String fault() {
      return report.path("failed").asText()
          + " "
          + report.path("code").asText()
          + " "
          + report.path("kind").asText()
          + " "
          + exit;
    }

    /** What the program in Java and that for Node have to agree on. */
    public String shape() {
      String steps =
          StreamSupport.stream(report.path("steps").spliterator(), false)
              .map(
                  step ->
                      step.path("step").asText()
                          + " "
                          + step.path("status").asText()
                          + " "
                          + step.path("code").asText()
                          + " "
                          + words(step.path("detail").asText())
                          + " "
                          + names(step.path("facts")))
              .collect(Collectors.joining("\n"));
      return names(report)
          + " "
          + fault()
          + " "
          + report.path("server").asText()
          + " "
          + report.path("url").asText()
          + "\n"
          + steps;
    }

    /** Without numbers and lengths of time, which are of one run. */
    private static String words(String detail) {
      return detail
          .replaceAll("connection \\S+,", "connection,")
          .replaceAll("request [0-9a-f]+", "request")
          .replaceAll("\\d[\\dTZ:.-]*( (ms|s|min|h|d)\\b)?", "0");
    }

    private static TreeSet<String> names(JsonNode object) {
      TreeSet<String> names = new TreeSet<>();
      object.fieldNames().forEachRemaining(names::add);
      return names;
    }

    /** A step's part of the report. */
    public JsonNode step(String name) {
      for (JsonNode each : report.path("steps")) {
        if (each.path("step").asText().equals(name)) {
          return each;
        }
      }
      throw new AssertionError("no step " + name + " in " + report);
    }
  }

  private final Lines lines = new Lines();
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
  private final Path file;

  /** Null for the program in Java. */
  private volatile Process process;

  private DoctorRun() throws IOException {
    file = Files.createTempFile("doctor", ".json");
  }

  /**
   * Begins.
   *
   * @param token given by the standard input; null for none
   */
  public static DoctorRun start(By by, String token, List<String> arguments) {
    try {
      DoctorRun run = new DoctorRun();
      List<String> all = new ArrayList<>(arguments);
      all.addAll(List.of("--report", run.file.toString()));
      if (token != null) {
        all.addAll(List.of("--token-file", "-"));
      }
      String input = token == null ? "" : token;
      Thread thread =
          new Thread(
              () -> {
                try {
                  int exit = by == By.JAVA ? run.java(all, input) : run.node(all, input);
                  String report = Files.readString(run.file);
                  JsonNode json = JSON.readTree(report.isEmpty() ? "{}" : report);
                  run.outcome.complete(new Outcome(exit, json, run.lines.text()));
                } catch (IOException | InterruptedException | RuntimeException e) {
                  run.outcome.completeExceptionally(e);
                }
              },
              "doctor-run");
      thread.setDaemon(true);
      thread.start();
      return run;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same, to its end. */
  public static Outcome examine(By by, String token, String... arguments) {
    try (DoctorRun run = start(by, token, List.of(arguments))) {
      return run.await();
    }
  }

  private int java(List<String> arguments, String input) {
    PrintStream out = new PrintStream(lines, true, StandardCharsets.UTF_8);
    return Doctor.run(
        arguments,
        Map.of(),
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
        out,
        out,
        false,
        begun -> {});
  }

  private int node(List<String> arguments, String input) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("node", PROGRAM.toString()));
    command.addAll(arguments);
    Process started = new ProcessBuilder(command).redirectErrorStream(true).start();
    process = started;
    try (OutputStream to = started.getOutputStream()) {
      to.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It has not waited for it.
    }
    started.getInputStream().transferTo(lines);
    return started.waitFor();
  }

  /** Waits until a step has been reported. */
  public void awaitStep(String name) {
    lines.await(name);
  }

  public Outcome await() {
    try {
      return outcome.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("the doctor does not end: " + lines.text(), e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new AssertionError("the doctor breaks: " + lines.text(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    Process started = process;
    if (started != null) {
      started.destroyForcibly();
    }
    if (!file.toFile().delete()) {
      file.toFile().deleteOnExit();
    }
  }

  /** What is printed, as it comes. */
  private static final class Lines extends OutputStream {
    private final StringBuilder text = new StringBuilder();

    @Override
    public synchronized void write(int next) {
      text.append((char) (next & 0xFF));
      if (next == '\n') {
        notifyAll();
      }
    }

    synchronized String text() {
      return text.toString();
    }

    synchronized void await(String step) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (text.indexOf(" " + step + " ") < 0) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0 || text.indexOf("exit status") >= 0) {
          throw new AssertionError("no step " + step + " in " + text);
        }
        try {
          wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
