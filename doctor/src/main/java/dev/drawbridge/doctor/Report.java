package dev.drawbridge.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was found, for people and for programs. docs/doctor.md says the shape. */
final class Report {
  /** Of the JSON object. */
  static final int VERSION = 1;

  private static final ObjectMapper JSON = new ObjectMapper();

  private Report() {}

  /** The kind of the first fault, {@code ok} without one. */
  static String kind(List<Result> results) {
    Result failed = failed(results);
    if (failed == null) {
      return "ok";
    }
    String kind = failed.code() == null ? null : Advice.kind(failed.code());
    return kind == null ? failed.step().kind() : kind;
  }

  private static @Nullable Result failed(List<Result> results) {
    for (Result each : results) {
      if (each.status() == Result.Status.FAILED) {
        return each;
      }
    }
    return null;
  }

  static String json(Options options, String server, List<Result> results, long startedAt) {
    Result failed = failed(results);
    String kind = kind(results);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("doctorVersion", VERSION);
    all.put("url", options.address().shown());
    all.put("origin", options.origin());
    all.put("server", server);
    all.put("ok", failed == null);
    all.put("kind", kind);
    all.put("exit", Advice.exit(kind));
    all.put("failed", failed == null ? null : failed.step().word());
    all.put("code", failed == null ? null : failed.code());
    all.put("startedAt", startedAt);
    all.put("durationMs", System.currentTimeMillis() - startedAt);
    List<Map<String, Object>> steps = new ArrayList<>();
    for (Result each : results) {
      Map<String, Object> step = new LinkedHashMap<>();
      step.put("step", each.step().word());
      step.put("status", each.status().name().toLowerCase(Locale.ROOT));
      step.put("ms", each.ms());
      step.put("code", each.code());
      step.put("title", each.code() == null ? null : Advice.title(each.code()));
      step.put("detail", each.detail());
      step.put("fix", each.fix());
      step.put("facts", each.facts());
      steps.add(step);
    }
    all.put("steps", steps);
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One step as a person reads it, with its fix below. */
  static String line(Result result, boolean color) {
    String mark =
        switch (result.status()) {
          case OK -> paint("ok  ", "32", color);
          case WARNING -> paint("WARN", "33", color);
          case FAILED -> paint("FAIL", "31", color);
          case SKIPPED -> paint("-   ", "2", color);
        };
    boolean skipped = result.status() == Result.Status.SKIPPED;
    String time = skipped ? "" : result.ms() + " ms";
    String code = result.code() == null ? "" : result.code() + ": ";
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%s %-10s %9s  %s%s",
                mark,
                result.step().word(),
                time,
                code,
                result.detail()));
    String title = result.code() == null ? null : Advice.title(result.code());
    if (title != null) {
      text.append("\n").append(" ".repeat(27)).append(title);
    }
    if (result.fix() != null) {
      text.append("\n").append(" ".repeat(27)).append("fix: ").append(result.fix());
    }
    return text.toString();
  }

  /** The last line. */
  static String conclusion(List<Result> results) {
    Result failed = failed(results);
    String kind = kind(results);
    return failed == null
        ? "All is well; exit status 0."
        : "The first that fails is "
            + failed.step().word()
            + "; exit status "
            + Advice.exit(kind)
            + " ("
            + kind
            + ").";
  }

  private static String paint(String text, String code, boolean color) {
    return color ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
