package dev.drawbridge.sample;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One browser of each kind for all test classes: starting one takes as long as several tests. */
final class Browsers implements BeforeAllCallback {
  private static final Map<BrowserKind, Browser> running = new EnumMap<>(BrowserKind.class);

  /** The first tab of the running one, or of a new one. */
  static synchronized Browser of(BrowserKind kind) {
    return running.computeIfAbsent(kind, BrowserKind::launch);
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .getOrComputeIfAbsent(Browsers.class, key -> (AutoCloseable) Browsers::closeAll);
  }

  private static synchronized void closeAll() {
    running.values().forEach(Browser::close);
    running.clear();
  }
}
