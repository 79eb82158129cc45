package dev.drawbridge.sample;

import dev.drawbridge.db.Database;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares the database before the filters start: applies or validates the migrations and, in dev
 * mode alone, adds the demo users. Migrations belong to an application's listener, never to a
 * filter: who adds a filter does not expect it to change a schema.
 */
public final class SampleListener implements ServletContextListener {
  private static final Logger log = LoggerFactory.getLogger(SampleListener.class);

  /** Null before the start and when the start failed; the container calls from one thread. */
  private @Nullable DrawbridgeRuntime runtime;

  @Override
  public void contextInitialized(ServletContextEvent event) {
    DrawbridgeRuntime started = DrawbridgeRuntime.acquire(event.getServletContext());
    try {
      prepare(started);
      if (started.settings().isDevelopment()) {
        DemoLog.install(event.getServletContext(), started.settings());
      }
      runtime = started;
    } catch (RuntimeException e) {
      log.error(
          "Drawbridge cannot start: {}; the database is the one of {}",
          e.getMessage(),
          Setting.DB_URL.variable());
      // A container does not tell a listener whose start failed that the application ends.
      started.release();
      throw e;
    }
  }

  private static void prepare(DrawbridgeRuntime runtime) {
    migrate(runtime.settings());
    Database database = runtime.database();
    if (database != null && runtime.settings().isDevelopment()) {
      int added = DemoUsers.add(database, runtime.users());
      log.info("{} demo users added: alice and bob are active, mallory is not", added);
    }
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    DemoLog.remove(event.getServletContext());
    if (runtime != null) {
      runtime.release();
      runtime = null;
    }
  }

  private static void migrate(Settings settings) {
    String url = settings.string(Setting.DB_URL);
    if (url == null || settings.string(Setting.DB_JNDI) != null) {
      // A container's data source belongs to whoever configured it, and so does its schema.
      return;
    }
    String mode = Objects.requireNonNull(settings.string(Setting.DB_MIGRATE));
    Migrations.builder()
        .url(url)
        .user(settings.string(Setting.DB_USER))
        .password(password(settings))
        .mode(Mode.valueOf(mode.toUpperCase(Locale.ROOT)))
        .startWait(settings.duration(Setting.DB_START_WAIT))
        .build()
        .run();
  }

  private static @Nullable String password(Settings settings) {
    String file = settings.string(Setting.DB_PASSWORD_FILE);
    if (file == null) {
      return settings.string(Setting.DB_PASSWORD);
    }
    try {
      return Files.readString(Path.of(file)).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(
          Setting.DB_PASSWORD_FILE.variable() + " cannot be read: " + file, e);
    }
  }
}
