package dev.drawbridge.filters.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import dev.drawbridge.testing.CapturedLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reloads in which a part fails, comes or goes meanwhile. */
class LiveSettingsTest {
  private static final String SECRET = "k1Jx0pZ8vTq6mW3sYb5NcD7fGh2RaE4u";

  @TempDir Path directory;

  private LiveSettings live;

  /** Makes a text of the largest number of connections, and notes what becomes of it. */
  private static class Noting implements LiveSettings.Maker<String> {
    final List<String> notes = new CopyOnWriteArrayList<>();

    @Override
    public String make(Settings next, Settings before, String present) {
      String made = text(next);
      return made.equals(present) ? present : made;
    }

    @Override
    public void refused(String made, String present) {
      notes.add("refused " + made);
    }

    @Override
    public void inForce(String now, String before) {
      notes.add(before + " -> " + now);
    }
  }

  /** One that takes as long as a test wants. */
  private static final class Slow extends Noting {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public String make(Settings next, Settings before, String present) {
      begun.countDown();
      await(goOn);
      return super.make(next, before, present);
    }
  }

  private static String text(Settings settings) {
    return "max " + settings.integer(Setting.CONNECTIONS_MAX);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void begin() {
    write("drawbridge.connections.max=7\n");
    live = new LiveSettings(Settings.of(Map.of("DRAWBRIDGE_SETTINGS_FILE", file().toString())));
    assertThat(live.settings().problems()).isEmpty();
  }

  private Path file() {
    return directory.resolve("drawbridge.properties");
  }

  private void write(String text) {
    try {
      Path fresh = Files.writeString(directory.resolve("fresh"), text);
      Files.move(fresh, file(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private LiveSettings.Part<String> join(LiveSettings.Maker<String> maker) {
    return live.join(text(live.settings()), live.settings(), maker);
  }

  @Test
  void partThatFailsInsideLeavesAllAsItWasAndItsMessageOutOfTheLog() {
    Noting first = new Noting();
    LiveSettings.Part<String> part = join(first);
    join(
        (next, before, present) -> {
          throw new IllegalStateException("stumbled over " + SECRET);
        });
    write("drawbridge.connections.max=8\n");

    try (CapturedLog log = new CapturedLog("dev.drawbridge.filters.settings", Level.INFO)) {
      assertThatThrownBy(() -> live.reload("a test")).isInstanceOf(IllegalStateException.class);

      assertThat(log.lines())
          .extracting(CapturedLog.Line::text)
          .anyMatch(line -> line.contains("asked for by a test failed inside"))
          .noneMatch(line -> line.contains(SECRET));
    }
    assertThat(live.generation()).isEqualTo(1);
    assertThat(part.get()).isEqualTo("max 7");
    assertThat(first.notes).containsExactly("refused max 8");
  }

  @Test
  void whatCannotBeFinishedKeepsNothingElseFromBeingFinished() {
    Noting other = new Noting();
    join(
        new Noting() {
          @Override
          public void inForce(String now, String before) {
            throw new IllegalStateException("a test");
          }
        });
    join(other);
    live.onReload(
        () -> {
          throw new IllegalStateException("a test");
        });
    live.onReload(() -> 3);
    write("drawbridge.connections.max=8\n");

    LiveSettings.Reload done = live.reload("a test");

    assertThat(done.closed()).isEqualTo(3);
    assertThat(done.generation()).isEqualTo(2);
    assertThat(other.notes).containsExactly("max 7 -> max 8");
  }

  @Test
  void whoWasMadeOfOlderSettingsIsBroughtUpToDateAndTold() {
    Settings older = live.settings();
    Noting late = new Noting();
    write("drawbridge.connections.max=8\n");
    live.reload("a test");

    LiveSettings.Part<String> part = live.join(text(older), older, late);

    assertThat(part.get()).isEqualTo("max 8");
    assertThat(late.notes).containsExactly("max 7 -> max 8");
  }

  @Test
  void whoJoinsAndLeavesWhileAReloadTakesItsTimeDoesNotWaitForIt() {
    Slow slow = new Slow();
    LiveSettings.Part<String> staying = join(slow);
    Noting going = new Noting();
    LiveSettings.Part<String> leaving = join(going);
    Noting coming = new Noting();
    write("drawbridge.connections.max=8\n");
    CompletableFuture<LiveSettings.Reload> reload =
        CompletableFuture.supplyAsync(() -> live.reload("a test"));
    await(slow.begun);

    AtomicReference<LiveSettings.Part<String>> joined = new AtomicReference<>();
    CompletableFuture<Void> others =
        CompletableFuture.runAsync(
            () -> {
              leaving.leave();
              joined.set(join(coming));
            });

    assertThat(others).succeedsWithin(java.time.Duration.ofSeconds(10));
    assertThat(joined.get().get()).isEqualTo("max 7");
    slow.goOn.countDown();
    assertThat(reload).succeedsWithin(java.time.Duration.ofSeconds(10));
    assertThat(staying.get()).isEqualTo("max 8");
    assertThat(joined.get().get()).isEqualTo("max 8");
    assertThat(coming.notes).containsExactly("max 7 -> max 8");
    assertThat(leaving.get()).as("the last one stays").isEqualTo("max 7");
    assertThat(going.notes).containsExactly("refused max 8");
  }

  @Test
  void stopDoesNotWaitForAReloadAndNothingIsPutIntoForceBehindIt() {
    Slow slow = new Slow();
    LiveSettings.Part<String> part = join(slow);
    write("drawbridge.connections.max=8\n");
    CompletableFuture<LiveSettings.Reload> reload =
        CompletableFuture.supplyAsync(() -> live.reload("a test"));
    await(slow.begun);

    CompletableFuture<Void> stop = CompletableFuture.runAsync(live::stop);

    assertThat(stop).succeedsWithin(java.time.Duration.ofSeconds(10));
    slow.goOn.countDown();
    assertThat(reload)
        .failsWithin(java.time.Duration.ofSeconds(10))
        .withThrowableThat()
        .havingRootCause()
        .isInstanceOf(ConfigurationException.class)
        .withMessageContaining("has stopped");
    assertThat(part.get()).isEqualTo("max 7");
    assertThat(slow.notes).containsExactly("refused max 8");
    assertThatThrownBy(() -> live.reload("a test")).hasMessageContaining("has stopped");
  }

  @Test
  void reloadFromWithinAReloadFindsWhatIsInForce() {
    join(new Noting());
    AtomicReference<LiveSettings.Reload> inner = new AtomicReference<>();
    live.onReload(
        () -> {
          if (inner.get() == null) {
            inner.set(live.reload("a listener"));
          }
          return 0;
        });
    write("drawbridge.connections.max=8\n");

    LiveSettings.Reload outer = live.reload("a test");

    assertThat(outer.generation()).isEqualTo(2);
    assertThat(inner.get().generation()).isEqualTo(2);
    assertThat(inner.get().changed()).isEmpty();
  }

  @Test
  void manyReloadsKeepNothing() {
    LiveSettings.Part<String> part = join(new Noting());
    for (int i = 0; i < 1_000; i++) {
      write("drawbridge.connections.max=" + (10 + i) + "\n");
      assertThat(live.reload("a test").changed()).hasSize(1);
    }
    assertThat(live.generation()).isEqualTo(1_001);
    assertThat(part.get()).isEqualTo("max 1009");
  }

  /** Settings of a web application, for which system properties are read. */
  private LiveSettings ofAnApplication() {
    ServletContextHandler application = new ServletContextHandler();
    application.setInitParameter("drawbridge.settings.file", file().toString());
    LiveSettings settings = new LiveSettings(Settings.of(application.getServletContext(), null));
    assertThat(settings.settings().problems()).isEmpty();
    return settings;
  }

  @Test
  void systemPropertyIsReadAgainAndComesFirst() {
    String property = "drawbridge.connections.per.address";
    LiveSettings application = ofAnApplication();
    write(property + "=9\n");
    System.setProperty(property, "5");
    try {
      LiveSettings.Reload first = application.reload("a test");
      LiveSettings.Reload again = application.reload("a test");

      assertThat(application.settings().integer(Setting.CONNECTIONS_PER_ADDRESS)).isEqualTo(5);
      assertThat(first.changed()).isNotEmpty();
      assertThat(again.changed()).isEmpty();
      assertThat(first.warnings())
          .singleElement()
          .asString()
          .contains("DRAWBRIDGE_CONNECTIONS_PER_ADDRESS of the settings file has no effect");
    } finally {
      System.clearProperty(property);
    }
    application.reload("a test");
    assertThat(application.settings().integer(Setting.CONNECTIONS_PER_ADDRESS)).isEqualTo(9);
  }

  @Test
  void whatStandsInTheFileWithoutEffectIsToldAlsoWhereNothingChanges() {
    String property = "drawbridge.connections.per.address";
    System.setProperty(property, "5");
    try {
      LiveSettings application = ofAnApplication();
      write("drawbridge.connections.max=7\n" + property + "=9\n");

      for (int i = 0; i < 2; i++) {
        LiveSettings.Reload done = application.reload("a test");

        assertThat(done.generation()).isEqualTo(1);
        assertThat(done.warnings()).as("until it is mended").hasSize(1);
      }
    } finally {
      System.clearProperty(property);
    }
  }

  @Test
  void fileThatIsNamedAnewWaitsForARestartAlsoAtTheSecondReload() throws IOException {
    String property = "drawbridge.settings.file";
    Path other = directory.resolve("other.properties");
    Files.writeString(other, "drawbridge.connections.max=5\n");
    LiveSettings application = ofAnApplication();
    System.setProperty(property, other.toString());
    try {
      for (int value = 77; value < 80; value++) {
        write("drawbridge.connections.max=" + value + "\n");

        LiveSettings.Reload done = application.reload("a test");

        assertThat(application.settings().integer(Setting.CONNECTIONS_MAX)).isEqualTo(value);
        assertThat(done.needsRestart())
            .extracting(SettingChange::setting)
            .containsExactly(Setting.SETTINGS_FILE);
      }
    } finally {
      System.clearProperty(property);
    }
  }

  /** As Spring Boot gives them, whose own files are read once. */
  @Test
  void settingsFileOfAFrameworkIsReadAgainAndItsOwnValuesComeFirst() {
    ServletContextHandler application = new ServletContextHandler();
    Map<Setting, String> given =
        Map.of(Setting.SETTINGS_FILE, file().toString(), Setting.CONNECTIONS_PER_USER, "3");
    application
        .getServletContext()
        .setAttribute(
            GivenSettings.ATTRIBUTE,
            (Supplier<GivenSettings>) () -> new GivenSettings(given, List.of()));
    LiveSettings settings = new LiveSettings(Settings.of(application.getServletContext(), null));
    write("drawbridge.connections.max=8\nDRAWBRIDGE_CONNECTIONS_PER_USER=4\n");

    LiveSettings.Reload done = settings.reload("a test");

    assertThat(settings.settings().integer(Setting.CONNECTIONS_MAX)).isEqualTo(8);
    assertThat(settings.settings().integer(Setting.CONNECTIONS_PER_USER)).isEqualTo(3);
    assertThat(done.warnings()).singleElement().asString().contains("application property");
  }
}
