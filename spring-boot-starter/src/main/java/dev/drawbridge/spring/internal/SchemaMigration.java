package dev.drawbridge.spring.internal;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.migrations.MigrationException;
import dev.drawbridge.migrations.Migrations;
import dev.drawbridge.migrations.Mode;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;

/**
 * Our own tables in the application's database, where {@code drawbridge-migrations} is on the class
 * path: made on H2, looked for elsewhere, as {@code DRAWBRIDGE_DB_MIGRATE} says. Stateless.
 */
final class SchemaMigration {
  private SchemaMigration() {}

  /**
   * Runs them.
   *
   * @throws ConfigurationException if the schema is not what is needed
   */
  static void run(DataSource dataSource, SpringSettings settings) {
    String text = settings.text(Setting.DB_MIGRATE);
    Mode mode = Mode.AUTO;
    for (Mode one : Mode.values()) {
      if (one.name().equalsIgnoreCase(text)) {
        mode = one;
      }
    }
    try {
      var unused = Migrations.builder().dataSource(dataSource).mode(mode).build().run();
    } catch (MigrationException e) {
      throw new ConfigurationException(
          List.of(
              e.getMessage()
                  + " ("
                  + Setting.DB_MIGRATE.variable()
                  + "="
                  + mode.name().toLowerCase(Locale.ROOT)
                  + "; off leaves the schema alone)"));
    }
  }
}
