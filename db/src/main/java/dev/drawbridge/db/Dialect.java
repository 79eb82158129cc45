package dev.drawbridge.db;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The databases whose differences the layer knows. */
public enum Dialect {
  H2,
  POSTGRESQL,
  MARIADB,
  /** Treated like MariaDB; its driver is part of the tests, its server is not. */
  MYSQL,
  /** Anything else: plain JDBC, errors by SQLState and by the classes of JDBC. */
  OTHER;

  /** Drivers that pass the rest of the URL on to another driver. */
  private static final Set<String> WRAPPERS =
      Set.of("p6spy:", "otel:", "log4jdbc:", "tracing:", "aws-wrapper:");

  /** Drivers of a name of their own, in whose URLs a later word means something else. */
  private static final Set<String> OTHERS =
      Set.of("oracle", "sqlserver", "jtds", "db2", "sqlite", "derby", "hsqldb", "sybase");

  static boolean isWrapper(String scheme) {
    return WRAPPERS.contains(scheme.toLowerCase(Locale.ROOT));
  }

  /** By the first word of the URL that names a database; wrapping drivers put theirs before it. */
  static Dialect ofUrl(String url) {
    for (String scheme : Urls.schemes(url)) {
      switch (scheme) {
        case "h2":
          return H2;
        case "postgresql":
          return POSTGRESQL;
        case "mariadb":
          return MARIADB;
        case "mysql":
        case "mysql+srv":
          return MYSQL;
        default:
          if (OTHERS.contains(scheme)) {
            return OTHER;
          }
      }
    }
    return OTHER;
  }

  /** The protocol and the codes of MySQL's family. */
  boolean isMySqlFamily() {
    return this == MARIADB || this == MYSQL;
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
