package dev.drawbridge.db;

import dev.drawbridge.db.internal.dialect.Dialects;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Shows a URL without the parts that may hold secrets.
 *
 * <p>Scheme, host and database are shown only where the whole URL parses by the grammar of its
 * driver; anything else might be a password with a separator inside, and only the scheme is shown.
 */
public final class Urls {
  private static final String HOST = "(?:[A-Za-z0-9][A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.%]+])";
  private static final String PORT = "(?::[0-9]{1,5})?";
  private static final String HOSTS = HOST + PORT + "(?:," + HOST + PORT + ")*";
  private static final String NAME = "[\\p{L}\\p{N}_.$~%+-]*";
  private static final String FILE = "[\\p{L}\\p{N}_.$~%+ /\\\\:-]*";

  /** Group 1 is shown; 2, where there is one, is a login; 3 is shown; the rest are parameters. */
  private static final List<Pattern> GRAMMARS =
      List.of(
          grammar("postgresql:(?://(?:" + HOSTS + ")?/)?", "", NAME, "\\?"),
          // a login before the host is MySQL's; it must hold no separator of any kind
          grammar(
              "(?:mysql(?:\\+srv)?|mariadb):(?:(?:loadbalance|replication|sequential|aurora):)?//",
              "(?:[A-Za-z0-9._~!$*%+-]*(?::[A-Za-z0-9._~!$*%+-]*)?@)?",
              "(?:" + HOSTS + ")?(?:/" + NAME + ")?",
              "\\?"),
          grammar(
              "h2:(?:(?:tcp|ssl)://" + HOSTS + "/|(?:mem|file|zip|nio|nioMapped|split):)?",
              "",
              FILE,
              ";"),
          grammar("oracle:thin:@(?://)?", "", HOST + PORT + "(?:[:/]" + NAME + ")*", "\\?"),
          grammar("sqlserver://", "", HOST + "(?:\\\\" + NAME + ")?" + PORT, ";"),
          grammar("db2://", "", HOST + PORT + "/" + NAME, ":"),
          grammar(
              "hsqldb:(?:(?:hsqls?|https?)://" + HOST + PORT + "/?|(?:mem|file|res):)?",
              "",
              FILE,
              ";"),
          grammar(
              "derby:(?://" + HOST + PORT + "/|(?:memory|directory|classpath|jar):)?",
              "",
              FILE,
              ";"),
          grammar("sqlite:(?::memory:|file:)?", "", FILE, "\\?"));

  private static final Pattern WRAPPER = Pattern.compile("jdbc:([a-z0-9-]+:)(.*)", Pattern.DOTALL);
  private static final Pattern SCHEME =
      Pattern.compile("([a-zA-Z][a-zA-Z0-9+.-]*:(?:[a-z0-9+-]+:)*//).*", Pattern.DOTALL);
  private static final Pattern WEB =
      Pattern.compile("(https?://" + HOST + PORT + "(?:/[A-Za-z0-9._~/%!$'()*+,=-]*)?)(.*)");

  private Urls() {}

  private static Pattern grammar(String start, String login, String end, String parameters) {
    return Pattern.compile(
        "(jdbc:" + start + ")(" + login + ")(" + end + ")(?:(" + parameters + ").*)?",
        Pattern.CASE_INSENSITIVE);
  }

  /**
   * A URL as a log, a message or a page may show it.
   *
   * @param url of a database ({@code jdbc:}, also of drivers that wrap another one) or of the web
   * @return scheme, host and path where they are surely that, with {@code ***} for what follows;
   *     else the scheme and {@code ***}
   */
  public static String masked(String url) {
    Matcher web = WEB.matcher(url);
    if (web.matches() && url.indexOf('@') < 0) {
      return shown(web.group(1), web.group(2).isEmpty() ? null : web.group(2).substring(0, 1));
    }
    for (Pattern grammar : GRAMMARS) {
      Matcher parts = grammar.matcher(url);
      if (parts.matches() && url.lastIndexOf('@') < parts.start(3)) {
        return shown(parts.group(1) + parts.group(3), parts.group(4));
      }
    }
    Matcher wrapper = WRAPPER.matcher(url);
    if (wrapper.matches() && Dialects.isWrapper(wrapper.group(1))) {
      String inner = masked("jdbc:" + wrapper.group(2));
      return "jdbc:" + wrapper.group(1) + inner.substring("jdbc:".length());
    }
    Matcher scheme = SCHEME.matcher(url);
    return (scheme.matches() ? scheme.group(1) : url.substring(0, url.indexOf(':') + 1)) + "***";
  }

  private static String shown(String start, @Nullable String separator) {
    return separator == null ? start : start + separator + "***";
  }
}
