package dev.drawbridge.sample;

import dev.drawbridge.testing.Browser;
import dev.drawbridge.testing.BrowserKind;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.opentest4j.TestAbortedException;

/** One browser of each kind for all test classes: starting one takes as long as several tests. */
final class Browsers implements BeforeAllCallback {
  private static final Map<BrowserKind, Browser> running = new ConcurrentHashMap<>();

  /** What is done in one browser; it leaves the first tab to the next. */
  @FunctionalInterface
  interface Scene {
    void play(Browser browser) throws Exception;
  }

  /** The first tab of the running one, or of a new one. */
  static Browser of(BrowserKind kind) {
    return running.computeIfAbsent(kind, BrowserKind::launch);
  }

  /** Plays in Chromium, Firefox and WebKitGTK. */
  static void inEach(Scene scene) throws InterruptedException {
    inEach(Set.of(BrowserKind.values()), scene);
  }

  /**
   * Plays in all of them at the same time, because most of a scene is waiting. Scenes share nothing
   * but what they bring along.
   *
   * @throws AssertionError names each browser that failed
   * @throws TestAbortedException when a browser is absent and the others have passed
   */
  static void inEach(Set<BrowserKind> kinds, Scene scene) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(kinds.size());
    try {
      Map<BrowserKind, Future<?>> scenes = new EnumMap<>(BrowserKind.class);
      for (BrowserKind kind : kinds) {
        scenes.put(
            kind,
            threads.submit(
                () -> {
                  scene.play(of(kind));
                  return null;
                }));
      }
      judge(scenes);
    } finally {
      threads.shutdownNow();
    }
  }

  private static void judge(Map<BrowserKind, Future<?>> scenes) throws InterruptedException {
    AssertionError failed = null;
    TestAbortedException absent = null;
    for (Map.Entry<BrowserKind, Future<?>> scene : scenes.entrySet()) {
      try {
        scene.getValue().get();
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        if (cause instanceof TestAbortedException missing) {
          absent = missing;
          continue;
        }
        AssertionError next = new AssertionError(scene.getKey() + ": " + cause.getMessage(), cause);
        if (failed == null) {
          failed = next;
        } else {
          failed.addSuppressed(next);
        }
      }
    }
    if (failed != null) {
      throw failed;
    }
    if (absent != null) {
      throw absent;
    }
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.GLOBAL)
        .getOrComputeIfAbsent(Browsers.class, key -> (AutoCloseable) Browsers::closeAll);
  }

  private static void closeAll() {
    running.values().parallelStream().forEach(Browser::close);
    running.clear();
  }
}
