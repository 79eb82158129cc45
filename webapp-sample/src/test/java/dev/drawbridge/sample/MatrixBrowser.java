package dev.drawbridge.sample;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.drawbridge.testing.Browser;
import java.net.URI;
import java.time.Duration;

/**
 * The page of {@link MatrixPages} in one browser: tries, breaks, and reads what the client says.
 */
final class MatrixBrowser {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Browser browser;
  private final URI home;

  MatrixBrowser(Browser browser, URI page) {
    this.browser = browser;
    this.home = page;
    open(page);
  }

  /** Goes to a page of another address and, with {@link #home()}, back again. */
  void open(URI page) {
    browser.open(page);
    browser.awaitTrue("window.ready === true", PATIENCE);
  }

  void home() {
    open(home);
  }

  /** Begins to connect; a null address is left to discovery. */
  void begin(String url, String token) {
    browser.evaluate("begin(" + options(url, token) + ")");
  }

  void beginWithoutToken(String url) {
    ObjectNode options = JSON.createObjectNode().put("url", url).put("fails", true);
    browser.evaluate("begin(" + options + ")");
  }

  /** Connects from a page that has no origin. */
  void beginSandboxed(String url, String token) {
    browser.evaluate("sandboxed(" + options(url, token) + ")");
  }

  /** Connects, and starts the clock again once it is open. */
  void connect(String url, String token) {
    begin(url, token);
    browser.awaitTrue("client.getSnapshot().status === 'open'", PATIENCE);
    broken();
  }

  /** From now on the time counts. */
  void broken() {
    browser.evaluate("broken()");
  }

  /** Runs a script on the page. */
  JsonNode run(String script) {
    return browser.evaluate(script);
  }

  /** What the client says first. */
  JsonNode error() {
    browser.awaitTrue("window.seen", PATIENCE);
    return browser.evaluate("seen");
  }

  /** Ends what the page holds open. */
  void rest() {
    browser.evaluate("window.client?.close()");
  }

  private static String options(String url, String token) {
    return JSON.createObjectNode().put("url", url).put("token", token).toString();
  }
}
