package com.example.workshop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The packaged workshop in a server, with its page in a browser. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WorkshopIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  /** What the README tells an operator to set. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "ENVIRONMENT", "development",
          "WEBSOCKET_DEV_MODE", "true",
          "drawbridge.db.url", "jdbc:h2:mem:workshop",
          "drawbridge.user.query", "SELECT login AS subject FROM clerk WHERE login = :subject",
          "drawbridge.session.token.attribute", "clerk",
          "drawbridge.jwt.secret", "a secret of the tests that is long enough for them");

  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private WebAppContext workshop;

  @BeforeAll
  void start() throws Exception {
    SETTINGS.forEach(System::setProperty);
    connector.setHost("localhost");
    server.addConnector(connector);
    workshop = new WebAppContext(System.getProperty("war"), "/workshop");
    workshop.setThrowUnavailableOnStartupException(true);
    server.setHandler(workshop);
    server.start();
  }

  @AfterAll
  void stop() throws Exception {
    server.stop();
    SETTINGS.keySet().forEach(System::clearProperty);
  }

  private URI page(String path) {
    return URI.create("http://localhost:" + connector.getLocalPort() + "/workshop" + path);
  }

  private void logIn(Browser browser, String clerk, String pin) {
    browser.open(page("/login"));
    browser.evaluate(
        """
        (() => {
          document.querySelector('[name=login]').value = '%s';
          document.querySelector('[name=pin]').value = '%s';
          document.querySelector('form').submit();
        })()"""
            .formatted(clerk, pin));
    browser.awaitTrue("document.getElementById('job-2') !== null", SOON);
  }

  private static String state(int job, String state) {
    return "document.getElementById('job-%d')?.textContent === '%s'".formatted(job, state);
  }

  @Test
  void thePageChangesWhenARowDoesWhoeverChangesIt() throws Exception {
    try (Browser alice = BrowserKind.CHROMIUM.launch()) {
      logIn(alice, "alice", "1234");
      try (Browser other = alice.newTab(page("/jobs"))) {
        // Again and again: what is published before a page has subscribed is not for it.
        other.evaluate(
            """
            (async () => {
              for (let i = 0; document.getElementById('job-2').textContent !== '<b>' + (i - 1); i++) {
                await fetch('jobs', { method: 'POST', body: new URLSearchParams({ id: 2, state: '<b>' + i }) });
                await new Promise((next) => setTimeout(next, 250));
              }
            })()""");
        String last = other.evaluate("document.getElementById('job-2').textContent").asText();

        alice.awaitTrue(state(2, last), SOON);
      }
      DataSource data =
          (DataSource) workshop.getServletContext().getAttribute(WorkshopListener.DATA_SOURCE);
      try (Connection foreign = data.getConnection();
          Statement statement = foreign.createStatement()) {
        foreign.setAutoCommit(false);
        statement.execute("UPDATE job SET state = 'nobody sees this' WHERE id = 1");
        statement.execute(
            "INSERT INTO drawbridge_outbox (channel, type, data) VALUES ('jobs:all', 'job',"
                + " '[1, \"nobody sees this\"]')");
        foreign.rollback();
        statement.execute("UPDATE job SET state = 'in work' WHERE id = 1");
        statement.execute(
            "INSERT INTO drawbridge_outbox (channel, type, data) VALUES ('jobs:all', 'job',"
                + " '[1, \"in work\"]')");
        foreign.commit();
      }

      alice.awaitTrue(state(1, "in work"), SOON);
      Files.writeString(
          Path.of("target", "page.html"),
          alice.evaluate("document.documentElement.outerHTML").asText());
    }
  }

  /** The README shows all that was added, and nothing of the old files is gone. */
  @Test
  void tenLinesWereAddedAndTheReadmeShowsThem() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    List<String> shown =
        readme
            .lines()
            .filter(line -> line.startsWith("+"))
            .map(line -> line.substring(1).strip())
            .toList();
    List<String> added = new ArrayList<>();
    for (String file :
        List.of(
            "java/com/example/workshop/WorkshopListener.java",
            "java/com/example/workshop/JobsServlet.java",
            "webapp/WEB-INF/jobs.html")) {
      Path now = Path.of("src", "main").resolve(file);
      Deque<String> before =
          new ArrayDeque<>(Files.readAllLines(Path.of("before").resolve(now.getFileName())));
      for (String line : Files.readAllLines(now)) {
        if (line.equals(before.peek())) {
          before.remove();
        } else if (!line.startsWith("import ")) {
          added.add(line.strip());
        }
      }
      assertThat(before).as("gone from %s", file).isEmpty();
    }

    assertThat(added).hasSize(10).isEqualTo(shown);
  }
}
