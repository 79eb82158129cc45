package dev.drawbridge.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.doctor.DoctorRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * The doctor in each way of the failure matrix that can be seen from outside: in Jetty by both
 * programs, in Tomcat by the one in Java. The table of docs/doctor.md is what was seen: with {@code
 * -Dmatrix.write=true} the test writes it, else it compares.
 */
class DoctorMatrixTest {
  private static final Path PAGE = Path.of("..", "docs", "doctor.md");
  private static final List<DoctorRun.By> BOTH = List.of(DoctorRun.By.values());
  private static final List<DoctorRun.By> JAVA = List.of(DoctorRun.By.JAVA);
  private static final String HEAD =
      "| way | first that fails | code | kind | exit status |\n|---|---|---|---|---|\n";

  private static final String START = "<!-- ways -->\n";
  private static final String END = "<!-- /ways -->";

  /** What a page does, or cannot do, by itself; nobody else meets it. */
  private static final Set<String> OF_PAGES =
      Set.of(
          "getToken fails",
          "address that is none",
          "page whose Content-Security-Policy does not list the server",
          "page by https that connects by `ws:`",
          "message over the limit",
          "binary message",
          "ten invalid messages, in production",
          "link that carries less than the server sends");

  @Test
  void eachWayIsExplainedAlikeByBothPrograms() throws Exception {
    DoctorRun.By.NODE.present();
    Map<String, List<DoctorRun.Outcome>> seen = new ConcurrentHashMap<>();
    Map<String, String> inTomcat = new ConcurrentHashMap<>();
    List<String> names;
    // Most of it is waiting.
    ExecutorService some = Executors.newFixedThreadPool(4);
    try (MatrixPages pages = new MatrixPages();
        MatrixServer dev = MatrixServer.start();
        MatrixServer tomcat = MatrixServer.start(MatrixContainer.TOMCAT)) {
      List<Way> ways = Ways.all(dev, pages);
      names = ways.stream().map(Way::name).toList();
      List<Future<?>> plays = new ArrayList<>();
      for (Way way : ways) {
        plays.add(some.submit(() -> seen.put(way.name(), play(way, pages.origin(), BOTH))));
      }
      for (Way way : Ways.all(tomcat, pages)) {
        plays.add(
            some.submit(
                () -> {
                  List<DoctorRun.Outcome> told = play(way, pages.origin(), JAVA);
                  inTomcat.put(way.name(), row(way.name(), told));
                }));
      }
      for (Future<?> play : plays) {
        play.get();
      }
    } finally {
      some.shutdownNow();
    }

    StringBuilder table = new StringBuilder(HEAD);
    StringBuilder otherwise = new StringBuilder();
    for (String name : names) {
      List<DoctorRun.Outcome> outcomes = seen.get(name);
      table.append(row(name, outcomes));
      if (!inTomcat.get(name).equals(row(name, outcomes))) {
        otherwise.append(inTomcat.get(name));
      }
      for (DoctorRun.Outcome each : outcomes) {
        assertThat(shape(each)).as(name).isEqualTo(shape(outcomes.get(0)));
        assertThat(each.output()).as(name).contains("fix: ").doesNotContain("eyJ");
      }
    }
    compare(table + "\nIn Tomcat otherwise:\n\n" + HEAD + otherwise);
  }

  private static List<DoctorRun.Outcome> play(Way way, String origin, List<DoctorRun.By> programs) {
    if (OF_PAGES.contains(way.name())) {
      return List.of();
    }
    try {
      return play(way, new DoctorPage(programs, origin));
    } catch (DoctorPage.OneByOne e) {
      return programs.stream()
          .flatMap(by -> play(way, new DoctorPage(List.of(by), origin)).stream())
          .toList();
    }
  }

  private static List<DoctorRun.Outcome> play(Way way, DoctorPage page) {
    try {
      way.scene().play(page);
      return page.outcomes;
    } catch (DoctorPage.OneByOne e) {
      throw e;
    } catch (Exception | AssertionError e) {
      throw new AssertionError("in the way: " + way.name(), e);
    } finally {
      page.rest();
    }
  }

  /** Ports differ where each program has had a server of its own. */
  private static String shape(DoctorRun.Outcome outcome) {
    return outcome.shape().replaceAll("(127.0.0.1):\\d+", "$1");
  }

  private static String row(String way, List<DoctorRun.Outcome> outcomes) {
    if (outcomes.isEmpty()) {
      return "| " + way + " | – | – | – | – |\n";
    }
    DoctorRun.Outcome outcome = outcomes.get(0);
    return "| %s | %s | `%s` | %s | %d |\n"
        .formatted(
            way,
            outcome.report().path("failed").asText(),
            outcome.report().path("code").asText(),
            outcome.report().path("kind").asText(),
            outcome.exit());
  }

  private static void compare(String table) throws Exception {
    String page = Files.readString(PAGE);
    int from = page.indexOf(START) + START.length();
    int to = page.indexOf(END);
    assertThat(List.of(from, to)).as("marks of the table").isSorted();
    if (Boolean.getBoolean("matrix.write")) {
      Files.writeString(PAGE, page.substring(0, from) + table + page.substring(to));
    }
    assertThat(Files.readString(PAGE).substring(from).replaceAll("(?s)" + END + ".*", ""))
        .as("docs/doctor.md; -Dmatrix.write=true writes it anew")
        .isEqualTo(table);
  }
}
