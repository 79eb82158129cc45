package dev.drawbridge.migrations;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The databases for which there is SQL. A version is either in common or in all three folders. */
enum Dialect {
  H2,
  POSTGRESQL,
  MARIADB;

  /** Not db/migration, where the Flyway of an application around us looks. */
  private static final String ROOT = "classpath:dev/drawbridge/migrations/";

  List<String> locations() {
    return List.of(ROOT + "common", ROOT + name().toLowerCase(Locale.ROOT));
  }

  private static boolean isKnown(String word) {
    return Arrays.stream(values()).anyMatch(dialect -> dialect.name().equalsIgnoreCase(word));
  }

  static Dialect of(@Nullable String url, @Nullable DataSource dataSource) {
    String product;
    if (dataSource == null) {
      String[] words = String.valueOf(url).split("//", 2)[0].split(":", -1);
      product = words[1];
      // drivers that wrap another one put their name before its
      for (int i = 1; i < words.length && i < 3; i++) {
        if (isKnown(words[i])) {
          product = words[i];
          break;
        }
      }
    } else {
      try (Connection connection = dataSource.getConnection()) {
        product = connection.getMetaData().getDatabaseProductName();
      } catch (SQLException e) {
        throw Failures.notConnected(e);
      }
    }
    for (Dialect dialect : values()) {
      if (dialect.name().equals(product.toUpperCase(Locale.ROOT))) {
        return dialect;
      }
    }
    throw new MigrationException(
        "migrations exist for h2, postgresql and mariadb, not for: " + product, null);
  }
}
