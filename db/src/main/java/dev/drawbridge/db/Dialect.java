package dev.drawbridge.db;

import java.util.Locale;

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

  /** By {@code DatabaseMetaData.getDatabaseProductName()}, for pools that are not ours. */
  static Dialect ofProduct(String product) {
    switch (product.toLowerCase(Locale.ROOT)) {
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
