package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The JSON samples of PROTOCOL.md are what is sent: the same members, types and forms. */
class SamplesTest {
  private static final JsonMapper JSON = new JsonMapper();

  /** Of records whose members are what the samples show. */
  record ChatSend(String to, String text) {}

  private static TestServer server() {
    return TestServer.setup()
        .endpoint(endpoint -> endpoint.on("chat.send", ChatSend.class, (message, from) -> null))
        .start();
  }

  @Test
  void discoveryIsAsTheSample() throws IOException {
    JsonNode sample = sample("2. ", 0);
    try (TestServer server = TestServer.setup().cors().start()) {
      // Without the dev key, as any page asks.
      HttpResponse<String> answer =
          server.get("/ws/config", "Origin", "http://localhost:3000", "Cookie", "a=b");

      JsonNode sent = JSON.readTree(answer.body());
      // Told in the text below the sample: dev mode adds the rules.
      assertThat(((ObjectNode) sent.path("origin")).remove("allowedOrigins")).isNotEmpty();
      assertThat(shape(sent)).isEqualTo(shape(sample));
      // All but the clock are the values of dev mode.
      assertThat(without(sent, "serverTime")).isEqualTo(without(sample, "serverTime"));
    }
  }

  @Test
  void refusalIsAsTheSample() throws IOException {
    JsonNode sample = sample("3. ", 0);
    try (TestServer server =
        TestServer.setup().production().set("drawbridge.jwt.leeway", "0s").start()) {
      String expired = TestServer.TOKENS.of("alice", Duration.ofMinutes(-5));
      HttpResponse<String> answer =
          server.get("/ws/diagnose", "Authorization", "Bearer " + expired);

      JsonNode sent = JSON.readTree(answer.body());
      assertThat(form(sent, "requestId")).isEqualTo(form(sample, "requestId"));
      assertThat(without(sent, "requestId")).isEqualTo(without(sample, "requestId"));
      assertThat(List.copyOf(members(sent))).isEqualTo(List.copyOf(members(sample)));
    }
  }

  @Test
  void frameOfTheSampleIsTaken() throws IOException {
    JsonNode sample = sample("4. ", 0);
    try (TestServer server = server();
        RecordingClient alice = server.connect("alice")) {
      alice.sendText(sample.toString());

      assertThat(alice.expect("ack").id()).isEqualTo(sample.path("id").asText());
    }
  }

  @Test
  void welcomeHasTheMembersOfTheTable() throws IOException {
    String row =
        ProtocolTables.rows("4. ").stream()
            .filter(cells -> cells.get(0).equals("`welcome`"))
            .findFirst()
            .orElseThrow()
            .get(2);
    try (TestServer server = server();
        RecordingClient alice =
            RecordingClient.connect(
                server.uri(), options -> options.token(TestServer.TOKENS.of("alice")))) {
      Frame welcome = alice.expect("welcome");

      Set<String> told = new TreeSet<>();
      Matcher names = Pattern.compile("[A-Za-z]+").matcher(row.replaceAll("\\{[^}]*}", ""));
      while (names.find()) {
        told.add(names.group());
      }
      told.remove("data");
      assertThat(members(welcome.data())).isEqualTo(told);
      assertThat(members(welcome.data().path("user")))
          .containsExactlyInAnyOrder("subject", "displayName", "roles");
      assertThat(members(welcome.data().path("heartbeat")))
          .containsExactlyInAnyOrder("intervalMs", "graceMs");
    }
  }

  @Test
  void errorIsAsTheSample() throws IOException {
    JsonNode sample = sample("5. ", 0);
    try (TestServer server = server();
        RecordingClient alice = server.connect("alice")) {
      alice.sendText("{\"type\":\"chat.send\",\"id\":\"c1\",\"data\":{\"to\":\"bob\",\"text\":7}}");

      Frame error = alice.expectError("message_data_invalid");

      JsonNode sent = error.json().path("error");
      JsonNode told = sample.path("error");
      assertThat(error.id()).isEqualTo(sample.path("id").asText());
      assertThat(form(sent, "requestId")).isEqualTo(form(told, "requestId"));
      // Dev mode adds a hint.
      assertThat(without(sent, "requestId", "hint")).isEqualTo(without(told, "requestId"));
    }
  }

  /** The block of JSON of a section. */
  private static JsonNode sample(String section, int index) throws IOException {
    String page = Files.readString(Path.of("..", "PROTOCOL.md"));
    int start = page.indexOf("\n## " + section);
    int end = page.indexOf("\n## ", start + 1);
    Matcher blocks =
        Pattern.compile("```json\n(.*?)```", Pattern.DOTALL).matcher(page.substring(start, end));
    for (int i = 0; i <= index; i++) {
      assertThat(blocks.find()).as("a sample in section " + section).isTrue();
    }
    return JSON.readTree(blocks.group(1));
  }

  private static Set<String> members(JsonNode node) {
    Set<String> names = new TreeSet<>();
    node.properties().forEach(member -> names.add(member.getKey()));
    return names;
  }

  /** Paths of all members with their JSON types. */
  private static Map<String, String> shape(JsonNode node) {
    Map<String, String> shape = new TreeMap<>();
    collect("", node, shape);
    return shape;
  }

  private static void collect(String path, JsonNode node, Map<String, String> shape) {
    shape.put(path, node.getNodeType().toString());
    node.properties()
        .forEach(member -> collect(path + "/" + member.getKey(), member.getValue(), shape));
  }

  private static JsonNode without(JsonNode node, String... names) {
    return ((ObjectNode) node.deepCopy()).remove(List.of(names));
  }

  /** What a value looks like: digits of hexadecimal numbers as {@code x}. */
  private static String form(JsonNode node, String name) {
    return node.path(name).asText().replaceAll("[0-9a-f]", "x");
  }
}
