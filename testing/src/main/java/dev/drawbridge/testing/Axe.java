package dev.drawbridge.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * The accessibility checker axe-core, as npm has put it beside the client's tests. Thread-safe.
 *
 * <p>It finds what a program can find: names, roles, contrast, order of headings. Whether a page
 * makes sense without seeing it is for people.
 */
public final class Axe {
  private static final Path PLACE = Path.of("client", "node_modules", "axe-core", "axe.min.js");

  /** As of the client's own checks: with {@code true} it may not be absent. */
  private static final String REQUIRE = "REQUIRE_NODE";

  private final String source;

  private Axe(String source) {
    this.source = source;
  }

  /**
   * Reads it. Where the client's packages are not installed, the calling test is skipped, or fails
   * when the environment says {@code REQUIRE_NODE=true}.
   */
  public static Axe load() {
    Path file = find();
    if (file == null) {
      String message = PLACE + " is missing: run `npm ci` in client/, or build it with Node";
      if (Boolean.parseBoolean(System.getenv(REQUIRE))) {
        throw new AssertionError(message + " (" + REQUIRE + "=true)");
      }
      Assumptions.abort(message);
    }
    try {
      return new Axe(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable Path find() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path file = at.resolve(PLACE);
      if (Files.isRegularFile(file)) {
        return file;
      }
    }
    return null;
  }

  /**
   * Checks what a tab shows, with all rules that axe runs by itself.
   *
   * @return a line for each element that breaks one: the rule, what it asks, and the element
   */
  public List<String> violations(Browser browser) {
    return run(browser, "document, { resultTypes: ['violations'] }");
  }

  /**
   * The same for what stands inside of the one element that a selector finds.
   *
   * @param without a rule that is left to another look
   */
  public List<String> violations(Browser browser, String selector, String without) {
    return run(
        browser,
        "'"
            + selector
            + "', { resultTypes: ['violations'], rules: { '"
            + without
            + "': { enabled: false } } }");
  }

  /** Checks colours alone. */
  public List<String> contrast(Browser browser, String selector) {
    return run(
        browser,
        "'"
            + selector
            + "', { resultTypes: ['violations'], runOnly: { type: 'rule', values:"
            + " ['color-contrast'] } }");
  }

  private List<String> run(Browser browser, String arguments) {
    if (!browser.evaluate("typeof axe === 'object'").booleanValue()) {
      // A script tag would need the consent of the page's policy; the driver's own does not.
      browser.evaluate("(() => {" + source + "\n; return true; })()");
    }
    JsonNode found =
        browser.evaluate(
            """
            axe.run(%s).then(result => result.violations.flatMap(rule =>
              rule.nodes.map(node => `${rule.id} (${rule.help}): ${node.target.join(' ')} ${node.html.slice(0, 200)} ${
                node.any.concat(node.all).map(check => check.message).join('; ').slice(0, 300)}`)))\
            """
                .formatted(arguments));
    List<String> lines = new ArrayList<>();
    found.forEach(line -> lines.add(line.asText()));
    return lines;
  }
}
