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
final class MatrixBrowser implements MatrixPage {
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Browser browser;
  private final URI home;

  MatrixBrowser(Browser browser, URI page) {
    this.browser = browser;
    this.home = page;
    open(page);
  }

  @Override
  public void open(URI page) {
    browser.open(page);
    browser.awaitTrue("window.ready === true", PATIENCE);
  }

  @Override
  public void home() {
    open(home);
  }

  @Override
  public void begin(String url, String token) {
    browser.evaluate("begin(" + options(url, token) + ")");
  }

  @Override
  public void beginWithoutToken(String url) {
    ObjectNode options = JSON.createObjectNode().put("url", url).put("fails", true);
    browser.evaluate("begin(" + options + ")");
  }

  @Override
  public void beginSandboxed(String url, String token) {
    browser.evaluate("sandboxed(" + options(url, token) + ")");
  }

  @Override
  public void connect(String url, String token) {
    begin(url, token);
    browser.awaitTrue("client.getSnapshot().status === 'open'", PATIENCE);
    broken();
  }

  /** From now on the time counts. */
  void broken() {
    browser.evaluate("broken()");
  }

  @Override
  public JsonNode run(String script) {
    return browser.evaluate(script);
  }

  @Override
  public JsonNode error() {
    browser.awaitTrue("window.seen", PATIENCE);
    return browser.evaluate("seen");
  }

  @Override
  public void rest() {
    browser.evaluate("window.client?.close()");
  }

  private static String options(String url, String token) {
    return JSON.createObjectNode().put("url", url).put("token", token).toString();
  }
}
