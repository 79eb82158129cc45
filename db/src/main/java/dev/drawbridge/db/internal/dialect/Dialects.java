package dev.drawbridge.db.internal.dialect;

import dev.drawbridge.db.Dialect;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out which database a URL or a product name means. */
public final class Dialects {
  /** By what URLs and drivers call them alike. */
  private static final Map<String, Dialect> NAMES =
      Map.of(
          "h2", Dialect.H2,
          "postgresql", Dialect.POSTGRESQL,
          "mariadb", Dialect.MARIADB,
          "mysql", Dialect.MYSQL);

  /** A form of MySQL's URLs, whose servers are looked up in the DNS. */
  private static final String MYSQL_SRV = "mysql+srv";

  /** Drivers that pass the rest of the URL on to another driver. */
  private static final Set<String> WRAPPERS =
      Set.of("p6spy:", "otel:", "log4jdbc:", "tracing:", "aws-wrapper:");

  /** Drivers of a name of their own, in whose URLs a later word means something else. */
  private static final Set<String> OTHERS =
      Set.of("oracle", "sqlserver", "jtds", "db2", "sqlite", "derby", "hsqldb", "sybase");

  private Dialects() {}

  /** Whether a driver of that name, with its colon, wraps another one. */
  public static boolean isWrapper(String scheme) {
    return WRAPPERS.contains(scheme.toLowerCase(Locale.ROOT));
  }

  /** By the first word of the URL that names a database; wrapping drivers put theirs before it. */
  public static Dialect ofUrl(String url) {
    for (String scheme : schemes(url)) {
      if (OTHERS.contains(scheme)) {
        return Dialect.OTHER;
      }
      Dialect named = NAMES.get(scheme.equals(MYSQL_SRV) ? "mysql" : scheme);
      if (named != null) {
        return named;
      }
    }
    return Dialect.OTHER;
  }

  /** The words between {@code jdbc:} and the address, like {@code p6spy, postgresql}. */
  private static List<String> schemes(String url) {
    String[] words = url.toLowerCase(Locale.ROOT).split("/", 2)[0].split(":", -1);
    return List.of(words).subList(Math.min(1, words.length), words.length);
  }

  /** Likewise, but also behind one wrapper, as in {@code jdbc:p6spy:postgresql:...}. */
  public static Dialect ofWrappingUrl(String url) {
    Dialect plain = ofUrl(url);
    int wrapper = url.indexOf(':', "jdbc:".length());
    return plain != Dialect.OTHER || wrapper < 0 ? plain : ofUrl("jdbc" + url.substring(wrapper));
  }

  /** By {@code DatabaseMetaData.getDatabaseProductName()}, for pools that are not ours. */
  public static Dialect ofProduct(@Nullable String product) {
    return product == null
        ? Dialect.OTHER
        : NAMES.getOrDefault(product.toLowerCase(Locale.ROOT), Dialect.OTHER);
  }

  /** Whether it has the protocol and the codes of MySQL. */
  public static boolean isMySqlFamily(Dialect dialect) {
    return dialect == Dialect.MARIADB || dialect == Dialect.MYSQL;
  }
}
