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

  /** Likewise, but also behind one wrapper, as in {@code jdbc:p6spy:postgresql:...}. */
  static Dialect ofWrappingUrl(String url) {
    Dialect plain = ofUrl(url);
    int wrapper = url.indexOf(':', "jdbc:".length());
    return plain != OTHER || wrapper < 0 ? plain : ofUrl("jdbc" + url.substring(wrapper));
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
