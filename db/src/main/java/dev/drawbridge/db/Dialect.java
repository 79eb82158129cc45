package dev.drawbridge.db;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The databases whose differences the layer knows. */
public enum Dialect {
  H2,
  POSTGRESQL,
  MARIADB,
  /** Treated like MariaDB; not part of the tests. */
  MYSQL,
  /** Anything else: plain JDBC, errors classified by SQLState alone. */
  OTHER;

  static Dialect ofUrl(String url) {
    String lower = url.toLowerCase(Locale.ROOT);
    if (lower.startsWith("jdbc:h2:")) {
      return H2;
    }
    if (lower.startsWith("jdbc:postgresql:")) {
      return POSTGRESQL;
    }
    if (lower.startsWith("jdbc:mariadb:")) {
      return MARIADB;
    }
    return lower.startsWith("jdbc:mysql:") ? MYSQL : OTHER;
  }

  /** Makes the session's time zone UTC, so that no time column depends on where the JVM runs. */
  @Nullable String utcSql() {
    switch (this) {
      case H2:
      case POSTGRESQL:
        return "SET TIME ZONE 'UTC'";
      case MARIADB:
      case MYSQL:
        return "SET time_zone = '+00:00'";
      default:
        return null;
    }
  }

  /** By {@code DatabaseMetaData.getDatabaseProductName()}, for pools that are not ours. */
  static Dialect ofProduct(@Nullable String product) {
    switch (product == null ? "" : product.toLowerCase(Locale.ROOT)) {
      case "h2":
        return H2;
      case "postgresql":
        return POSTGRESQL;
      case "mariadb":
        return MARIADB;
      case "mysql":
        return MYSQL;
      default:
        return OTHER;
    }
  }
}
