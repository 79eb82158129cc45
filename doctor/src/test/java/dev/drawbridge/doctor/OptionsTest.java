package dev.drawbridge.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.drawbridge.doctor.DoctorRun.By;
import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/** The command line, the words of advice.json, and what docs/doctor.md says of both. */
class OptionsTest {
  private static final Path ADVICE = Path.of("..", "client", "doctor", "advice.json");
  private static final Path PAGE = Path.of("..", "docs", "doctor.md");

  private static JsonNode advice() throws IOException {
    return new ObjectMapper().readTree(ADVICE.toFile());
  }

  /** Status, then what was printed. */
  private static String java(Map<String, String> environment, List<String> arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    int status =
        Doctor.run(
            arguments,
            environment,
            new ByteArrayInputStream(new byte[0]),
            print,
            print,
            false,
            begun -> {});
    return status + "\n" + out.toString(StandardCharsets.UTF_8);
  }

  private static String node(Map<String, String> environment, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("node", "../client/target/dist/doctor.js"));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return process.waitFor() + "\n" + out;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ws://a ws://b",
        "ftp://a/ws",
        "//a/ws",
        "a/ws",
        "ws:///ws",
        "ws://user:secret@a/ws",
        "ws://a/ws#part",
        "ws://[::1/ws",
        "ws://a:0/ws",
        "ws://a:65536/ws",
        "ws://a/w\u00e4",
        "ws://\u00e4/ws",
        "ws://a/{id}",
        "--nope ws://a",
        "--nope=eyJhbGciOiJIUzI1NiJ9.e30.x ws://a",
        "--token eyJhbGciOiJIUzI1NiJ9.e30.x ws://a",
        "--token=eyJhbGciOiJIUzI1NiJ9.e30.x ws://a",
        "--token-file ws://a",
        "--token-file /nowhere/at-all ws://a",
        "--token-file - ws://a",
        "--token-env DOCTOR_UNSET ws://a",
        "--token-env DOCTOR_EMPTY ws://a",
        "--token-env DOCTOR_TOKEN --token-file x ws://a",
        "--timeout",
        "--timeout 0s ws://a",
        "--timeout 10 ws://a",
        "--timeout 6m ws://a",
        "--watch soon ws://a",
        "--watch=soon ws://a",
        "--watch= ws://a",
        "--json=yes ws://a",
        "--watch 25h ws://a",
        "--watch --json ws://a",
        "--origin app.example.org ws://a",
        "--origin https://app.example.org/ ws://a",
        "--origin https://App.example.org ws://a",
        "--origin https://app.example.org:443 ws://a",
        "--origin http://u:secret@app.example.org ws://a",
        "--token-file s3secret0123456789 ws://a",
        "--token-env s3secret0123456789 ws://a",
        "--token-file .. ws://a",
        "--protocol a,b ws://a",
        "--connect-to example.org ws://a",
        "--connect-to 1.2.3 ws://a",
        "--connect-to 256.1.1.1 ws://a",
        "--ca-file /nowhere/at-all ws://a",
      })
  void whatCannotBeFollowedIsSaidAlikeWithTheStatusOfUsage(String line) throws Exception {
    By.NODE.present();
    Map<String, String> environment = Map.of("DOCTOR_EMPTY", " ", "DOCTOR_TOKEN", "a.b.c");
    List<String> arguments = line.isEmpty() ? List.of() : List.of(line.split(" "));

    String told = java(environment, arguments);

    assertThat(told).startsWith("2\ndrawbridge-doctor: ").doesNotContain("eyJ", "secret");
    assertThat(node(environment, arguments)).isEqualTo(told);
  }

  @Test
  void helpIsTheSameInBothAndNamesEachOptionOfThePage() throws Exception {
    By.NODE.present();

    assertThat(node(Map.of(), List.of("--help"))).isEqualTo("0\n" + Options.HELP);
    assertThat(words(Options.HELP, "(--[a-z-]+)"))
        .isEqualTo(words(table("options"), "`(--[a-z-]+)"));
  }

  /** A code that the server has, too, is explained by its own words. */
  @Test
  void adviceOfAServersCodeIsTheServersOwn() throws Exception {
    JsonNode codes = advice().path("codes");
    for (RefusalCode code : RefusalCode.values()) {
      JsonNode told = codes.path(code.word());
      String place = "client/doctor/advice.json: " + code.word();
      assertThat(told.path("title").asText()).as(place).isEqualTo(code.title());
      assertThat(told.path("fix").asText()).as(place).isEqualTo(code.fix());
    }
    Set<String> refusals =
        Stream.of(RefusalCode.values()).map(RefusalCode::word).collect(Collectors.toSet());
    for (CloseCode code : CloseCode.values()) {
      for (String reason : code.reasons()) {
        JsonNode told = codes.path(reason);
        assertThat(codes.has(reason)).as("client/doctor/advice.json: " + reason).isTrue();
        if (!refusals.contains(reason)) {
          assertThat(told.path("title").asText()).as(reason).isEqualTo(code.meaning());
          assertThat(told.path("fix").asText()).as(reason).isEqualTo(code.fix());
        }
      }
    }
  }

  @Test
  void eachCodeHasAKindWithAStatusOfItsOwnAndAFix() throws Exception {
    JsonNode kinds = advice().path("kinds");
    Map<String, Integer> statuses = new TreeMap<>();
    kinds.properties().forEach(each -> statuses.put(each.getKey(), each.getValue().asInt()));

    assertThat(statuses.values())
        .doesNotHaveDuplicates()
        .allMatch(each -> each < 126 || each == 130);
    advice()
        .path("codes")
        .properties()
        .forEach(
            each -> {
              assertThat(statuses)
                  .as(each.getKey())
                  .containsKey(each.getValue().path("kind").asText());
              assertThat(each.getValue().path("fix").asText()).as(each.getKey()).isNotBlank();
            });
    for (Step step : Step.values()) {
      assertThat(statuses).containsKey(step.kind());
    }
  }

  @Test
  void thePageListsTheStatusesAndTheSteps() throws Exception {
    Map<String, String> told =
        Pattern.compile("\\| (\\d+) \\| `(\\w+)` \\|")
            .matcher(table("statuses"))
            .results()
            .collect(
                Collectors.toMap(
                    found -> found.group(2), found -> found.group(1), (a, b) -> a, TreeMap::new));
    Map<String, String> statuses = new TreeMap<>();
    advice()
        .path("kinds")
        .properties()
        .forEach(each -> statuses.put(each.getKey(), each.getValue().asText()));

    assertThat(told).isEqualTo(statuses);
    assertThat(words(table("steps"), "(?m)^\\| `(\\w+)`"))
        .isEqualTo(
            java.util.Arrays.stream(Step.values())
                .map(Step::word)
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  /** Each command line that a document prints can be followed. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "docs/doctor.md",
        "docs/debugging.md",
        "doctor/README.md",
        "client/README.md",
      })
  void commandsOfTheDocumentsAreGood(String document) throws Exception {
    String page = Files.readString(Path.of("..").resolve(document));
    Matcher commands =
        Pattern.compile("drawbridge-doctor(?:\\.jar)? ((?:\\S+ )*?wss?://[^`\n]*)").matcher(page);
    int found = 0;
    while (commands.find()) {
      found++;
      String line =
          commands
              .group(1)
              .replaceAll("--token-file \\S+", "--token-env T")
              .replace("STAGING_TOKEN", "T");
      Options options =
          Options.parse(
              List.of(line.strip().split("\\s+")),
              Map.of("T", "a.b.c"),
              new ByteArrayInputStream(new byte[0]));
      assertThat(options.address().path()).isEqualTo("/ws");
    }

    assertThat(found).as("commands in " + document).isPositive();
  }

  /** What CI and Kubernetes are told to run. */
  @Test
  void configurationsOfThePageAreYamlWhoseCommandsAreGood() throws Exception {
    String page = Files.readString(PAGE);
    List<JsonNode> blocks =
        Pattern.compile("(?s)```yaml\\n(.*?)```")
            .matcher(page)
            .results()
            .map(found -> new ObjectMapper().<JsonNode>valueToTree(new Yaml().load(found.group(1))))
            .toList();
    assertThat(blocks).hasSize(2);
    List<String> ci = List.of(blocks.get(0).at("/1/run").asText().split(" "));
    List<String> job = new ArrayList<>();
    blocks
        .get(1)
        .at("/spec/template/spec/containers/0/command")
        .forEach(each -> job.add(each.asText()));

    Options staging = options(ci.subList(2, ci.size()));
    Options inside = options(job.subList(3, job.size()));

    assertThat(ci.subList(0, 2)).containsExactly("npx", "drawbridge-doctor");
    assertThat(staging.watch()).hasSeconds(70);
    assertThat(blocks.get(0).at("/1/env").has("STAGING_TOKEN")).isTrue();
    assertThat(job.subList(0, 3)).containsExactly("java", "-jar", "/doctor/drawbridge-doctor.jar");
    assertThat(inside.address().shown()).endsWith(".svc.cluster.local:8080/ws");
    assertThat(inside.json()).isTrue();
  }

  private static Options options(List<String> line) throws Exception {
    List<String> arguments = new ArrayList<>(line);
    arguments.replaceAll(each -> each.equals("/token/token") ? "-" : each);
    return Options.parse(
        arguments,
        Map.of("STAGING_TOKEN", "a.b.c"),
        new ByteArrayInputStream("a.b.c".getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void theJsonOfThePageHasTheMembersOfTheReport() throws Exception {
    String page = Files.readString(PAGE);
    int from = page.indexOf("```json\n") + 8;
    JsonNode told = new ObjectMapper().readTree(page.substring(from, page.indexOf("```", from)));
    JsonNode report = DoctorRun.examine(By.JAVA, null, "ws://127.0.0.1:1/ws").report();

    assertThat(names(told)).isEqualTo(names(report));
    assertThat(names(told.at("/steps/0"))).isEqualTo(names(report.at("/steps/0")));
    assertThat(names(told.at("/steps/0/facts"))).isEqualTo(names(report.at("/steps/0/facts")));
    assertThat(report.path("steps")).hasSize(Step.values().length);
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static String table(String mark) throws IOException {
    String page = Files.readString(PAGE);
    int from = page.indexOf("<!-- " + mark + " -->");
    int to = page.indexOf("<!-- /" + mark + " -->");
    assertThat(List.of(0, from, to)).as(mark).isSorted();
    return page.substring(from, to);
  }

  private static Set<String> words(String text, String pattern) {
    return Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map((MatchResult found) -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
