package dev.drawbridge.testing;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One tab of a running headless browser with a profile of its own. Not thread-safe, together with
 * the other tabs of its browser. Closing the first tab ends the browser and every process that was
 * started for it.
 */
public interface Browser extends AutoCloseable {

  /** Which browser this is. */
  BrowserKind kind();

  /**
   * Loads a page and returns when its {@code load} event has fired.
   *
   * @throws BrowserException if the page cannot be loaded
   */
  void open(URI page);

  /**
   * Evaluates a JavaScript expression in the page and waits for it if it is a promise.
   *
   * @param expression an expression, not a statement; {@code await} is allowed in it
   * @return the value as JSON; a null node for {@code undefined}
   * @throws BrowserException if the expression throws, its promise is rejected, or it takes more
   *     than 30 s
   */
  JsonNode evaluate(String expression);

  /**
   * Waits until a JavaScript condition of the page is true.
   *
   * @param condition an expression, evaluated again every 20 ms
   * @throws BrowserException if it is still false when {@code timeout} (under 30 s) is over
   */
  default void awaitTrue(String condition, Duration timeout) {
    JsonNode met =
        evaluate(
            """
            (async () => {
              const end = Date.now() + %d;
              while (!(%s)) {
                if (Date.now() > end) return false;
                await new Promise(next => setTimeout(next, 20));
              }
              return true;
            })()\
            """
                .formatted(timeout.toMillis(), condition));
    if (!met.booleanValue()) {
      throw new BrowserException("not true within " + timeout.toMillis() + " ms: " + condition);
    }
  }

  /**
   * Opens another tab of the same browser, with the same storage, and loads a page there. Closing
   * it closes that tab only.
   *
   * @throws BrowserException if the page cannot be loaded
   */
  Browser newTab(URI page);

  /**
   * Hides the page as a person does who minimises the window or turns to another tab, or shows it
   * again; {@code document.visibilityState} says which.
   */
  void hidden(boolean hidden);

  /**
   * Cuts the page off its network, or ends that; {@code navigator.onLine} says which.
   *
   * @return false when the driver of this browser cannot, and nothing has changed
   */
  boolean offline(boolean offline);

  /**
   * Shows the page as somebody else looks at it, until {@link #look} is called again.
   *
   * @param look null for the window as it is
   * @return false when the driver of this browser cannot, and nothing has changed
   */
  default boolean look(@Nullable Look look) {
    return false;
  }

  /**
   * Presses keys where the focus is, as a keyboard does.
   *
   * @param keys as {@code org.openqa.selenium.Keys} writes them
   * @return false when the driver of this browser cannot, and nothing has happened
   */
  default boolean press(CharSequence keys) {
    return false;
  }

  /**
   * A picture of the whole page.
   *
   * @return PNG; empty when the driver of this browser takes none
   */
  default byte[] picture() {
    return new byte[0];
  }

  /** Ends the browser, or a tab that is not the first; never throws. */
  @Override
  void close();
}
