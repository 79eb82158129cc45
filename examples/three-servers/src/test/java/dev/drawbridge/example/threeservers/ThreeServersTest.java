package dev.drawbridge.example.threeservers;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.Event.Closed;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** The whole show: two people on different servers, through nginx, and a server that is killed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ThreeServersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String LOBBY = "room:lobby";

  private ThreeServers all;

  @BeforeAll
  void start() throws IOException {
    try {
      all = ThreeServers.open(0);
    } catch (Programs.Missing e) {
      if (Boolean.parseBoolean(System.getenv("REQUIRE_PROXIES"))) {
        throw e;
      }
      throw new TestAbortedException(e.getMessage());
    }
  }

  @BeforeEach
  void startWhatWasKilled() throws IOException {
    for (String name : ThreeServers.NAMES) {
      all.start(name);
    }
  }

  @AfterAll
  void stop() {
    if (all != null) {
      List<ProcessHandle> processes = all.processes();
      all.close();
      assertThat(processes).hasSizeGreaterThanOrEqualTo(4).noneMatch(ProcessHandle::isAlive);
    }
  }

  private RecordingClient connect(String user) {
    return RecordingClient.connect(
        URI.create("ws://localhost:" + all.port() + "/ws"), all.login().token(user));
  }

  private static String server(RecordingClient client) {
    return client.request("server", null).data().path("name").asText();
  }

  /** In turn: one of the next is on another server. */
  private RecordingClient connectElsewhere(String user, String notHere) {
    for (int i = 0; i < 10; i++) {
      RecordingClient client = connect(user);
      if (!server(client).equals(notHere)) {
        return client;
      }
      client.abort();
    }
    throw new AssertionError("nginx gives everybody to server " + notHere);
  }

  @Test
  void twoWhoAreOnDifferentServersTalkAndTheOneWhoseServerDiesMissesNothing() throws Exception {
    RecordingClient alice = connect("alice");
    String hers = server(alice);
    RecordingClient bob = connectElsewhere("bob", hers);
    Frame subscribed = alice.subscribe(LOBBY);
    bob.subscribe(LOBBY);
    say(bob, "hello");
    assertThat(alice.expect("chat.message").data().path("text").asText()).isEqualTo("hello");

    String report = all.kill(hers);

    assertThat(alice.nextEvent()).isInstanceOf(Closed.class);
    assertThat(report).contains("server " + hers).contains("lost 0, twice 0");
    assertThat(report.lines().filter(line -> line.contains(": ")))
        .allMatch(line -> line.endsWith("lost 0, twice 0"));
    say(bob, "are you there?");
    try (RecordingClient again = connect("alice")) {
      Frame resumed =
          again.resume(
              subscribed.data().path("epoch").asText(),
              subscribed.data().path("seq").asLong(),
              LOBBY);
      assertThat(resumed.data().path("resumed").asBoolean()).isTrue();
      assertThat(again.expect("chat.message").data().path("text").asText()).isEqualTo("hello");
      assertThat(again.expect("chat.message").data().path("text").asText())
          .isEqualTo("are you there?");
      assertThat(server(again)).isNotEqualTo(hers);
    }
    bob.abort();
    assertThat(all.start(hers)).contains("is back");
  }

  private static void say(RecordingClient from, String text) {
    String id = from.publish(LOBBY, "chat.message", Map.of("text", text));
    // The answer and the message itself, in any order.
    Event one = from.nextEvent();
    Event other = from.nextEvent();
    assertThat(List.of(one, other)).anyMatch(event -> id.equals(((Frame) event).id()));
  }

  @Test
  void thePageShowsAllOfItAndComesBackFromTheServerThatItKills() {
    try (Browser browser = BrowserKind.CHROMIUM.launch()) {
      browser.open(URI.create("http://localhost:" + all.port() + "/?user=carol"));
      browser.awaitTrue("document.getElementById('status')?.dataset.server", PATIENCE);
      browser.awaitTrue("document.querySelectorAll('.server').length === 3", PATIENCE);
      browser.awaitTrue(
          "document.getElementById('people').textContent.includes('carol')", PATIENCE);
      String before = browser.evaluate("document.getElementById('status').dataset.server").asText();

      browser.evaluate("document.getElementById('act-" + before + "').click()");

      browser.awaitTrue(
          "document.getElementById('lines').innerText.includes('was on " + before + "')", PATIENCE);
      browser.awaitTrue(
          "document.getElementById('report').textContent.includes('server "
              + before
              + ", process')",
          PATIENCE);
      browser.awaitTrue("document.querySelector('.server[data-alive=false]')", PATIENCE);
      browser.awaitTrue("!document.getElementById('act-" + before + "').disabled", PATIENCE);
      assertThat(browser.evaluate("document.querySelectorAll('td.bad').length").asInt()).isZero();
      browser.evaluate("document.getElementById('text').value = 'still here'");
      browser.evaluate("document.getElementById('form').requestSubmit()");
      browser.awaitTrue(
          "document.getElementById('lines').innerText.includes('carol: still here')", PATIENCE);
      browser.evaluate("document.getElementById('act-" + before + "').click()");
      browser.awaitTrue("!document.querySelector('.server[data-alive=false]')", PATIENCE);
    }
  }

  /** The answer to a button of the page. */
  private HttpResponse<String> press(String what) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://localhost:" + all.port() + "/control/" + what))
                .POST(HttpRequest.BodyPublishers.noBody())
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aServerThatCannotStartIsSaidAndStaysOneThatDoesNotRun() throws Exception {
    all.kill("3");
    try (ServerSocket taken =
        new ServerSocket(all.port("3"), 1, InetAddress.getLoopbackAddress())) {
      HttpResponse<String> answer = press("start/3");

      assertThat(taken.isBound()).isTrue();
      assertThat(answer.statusCode()).isEqualTo(500);
      assertThat(answer.body()).startsWith("server 3 does not start: ");
      assertThat(all.isAlive("3")).isFalse();
      assertThat(all.change("3")).startsWith("server 3 does not start: ");
    }
    assertThat(press("start/3").body()).contains("is back");
    assertThat(press("token/NOBODY").statusCode()).isEqualTo(400);
  }

  @Test
  void theLastServerThatIsKilledIsToldAndAServerThatComesBackGetsEverybody() throws Exception {
    all.kill("1");
    all.kill("2");

    String report = all.change("3");

    assertThat(report).contains("server 3").contains("nobody is back").contains("start a server");
    assertThat(all.report()).isEqualTo(report);
    for (String name : ThreeServers.NAMES) {
      assertThat(all.change(name)).contains("is back");
    }
    eventually(
        "everybody is back",
        () -> all.visitors().stream().allMatch(one -> all.isAlive(one.server())));
    assertThat(all.kill("1")).contains("lost 0, twice 0");
    all.start("1");
  }

  @Test
  void whoeverStopsWhileItStartsLeavesNoProcess() throws Exception {
    List<ProcessHandle> before = ProcessHandle.current().descendants().toList();
    Process program =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                ThreeServers.class.getName(),
                "" + Programs.freePort())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    eventually("the first server starts", () -> program.descendants().count() >= 2);
    List<ProcessHandle> children = program.descendants().toList();

    program.destroy();

    assertThat(program.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(children).noneMatch(ProcessHandle::isAlive);
    assertThat(ProcessHandle.current().descendants().filter(one -> !before.contains(one)))
        .isEmpty();
  }

  @Test
  void aForeignPageKillsNothing() throws Exception {
    HttpRequest foreign =
        HttpRequest.newBuilder(URI.create("http://localhost:" + all.port() + "/control/kill/1"))
            .header("Origin", "http://localhost:1")
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();

    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(foreign, HttpResponse.BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(all.isAlive("1")).isTrue();
  }

  @Test
  void whatIsMissingIsNamedWithTheWayToGetIt(@TempDir Path empty) {
    System.setProperty("three.servers.path", empty.toString());
    try {
      assertThatThrownBy(() -> ThreeServers.open(0))
          .hasMessage(
              "redis-server is not installed. On Debian and Ubuntu: sudo apt-get install"
                  + " redis-server; with Homebrew: brew install redis");
      assertThatThrownBy(Programs::nginx).hasMessageContaining("apt-get install nginx-light");
    } finally {
      System.clearProperty("three.servers.path");
    }
  }
}
