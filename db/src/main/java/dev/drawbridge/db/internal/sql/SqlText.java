package dev.drawbridge.db.internal.sql;

import dev.drawbridge.db.DbStateException;
import dev.drawbridge.db.Dialect;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A statement cut at its parameters. Immutable.
 *
 * <p>Parameters are {@code ?} or {@code :name}, never both. Literals, quoted names, comments,
 * PostgreSQL's dollar quotes, its {@code ::} casts and its {@code ??} operators are left alone; a
 * backslash before a colon takes the colon as it is.
 */
public final class SqlText {
  private static final Pattern BEFORE_LIST =
      Pattern.compile("(\\bNOT\\s+)?\\bIN\\s*\\(\\s*$", Pattern.CASE_INSENSITIVE);
  private static final Pattern AFTER_LIST = Pattern.compile("^\\s*\\)");

  private static final int SHOWN_SQL = 200;

  private final String source;
  private final String jdbc;

  /** The text between the parameters: always one more than there are parameters. */
  private final List<String> pieces;

  /** Likewise, without the backslashes before colons. */
  private final List<String> sent;

  /** The name of each parameter in order; empty when they are positional. */
  private final List<String> names;

  private final StatementKind kind;

  private SqlText(Scanner scanner) {
    this.source = scanner.sql;
    this.kind = scanner.words.kind();
    this.pieces = List.copyOf(scanner.pieces);
    this.sent = List.copyOf(scanner.sent);
    this.names = List.copyOf(scanner.names);
    this.jdbc = String.join("?", sent);
  }

  public static SqlText parse(String sql, Dialect dialect) {
    return new Scanner(sql, dialect).scan();
  }

  /** What a statement does that is not ours to cut at its parameters. */
  public static StatementKind kindOf(String sql, Dialect dialect) {
    Scanner scanner = new Scanner(sql, dialect);
    scanner.walk();
    return scanner.words.kind();
  }

  /** One line of the statement, for messages. */
  public static String shortened(String sql) {
    String line = sql.replaceAll("\\s+", " ").strip();
    return line.length() <= SHOWN_SQL ? line : line.substring(0, SHOWN_SQL) + "...";
  }

  /** What it does, as far as its words tell. */
  public StatementKind kind() {
    return kind;
  }

  /** As the caller wrote it. */
  public String source() {
    return source;
  }

  /** With {@code ?} for every parameter. */
  public String jdbc() {
    return jdbc;
  }

  public int parameterCount() {
    return pieces.size() - 1;
  }

  /** The text between the parameters. */
  public List<String> pieces() {
    return pieces;
  }

  public List<String> names() {
    return names;
  }

  public boolean isNamed() {
    return !names.isEmpty();
  }

  /**
   * With as many {@code ?} for each parameter as it has values. A list of none stands in brackets
   * after IN: comparing with NULL alone is neither true nor false, and the test behind the brackets
   * makes that what is meant.
   *
   * @param sizes one number, at least 0, per parameter
   */
  public String expanded(int[] sizes) {
    StringBuilder text = new StringBuilder(sent.get(0));
    for (int i = 0; i < sizes.length; i++) {
      String rest = sent.get(i + 1);
      if (sizes[i] == 0) {
        Matcher before = BEFORE_LIST.matcher(sent.get(i));
        Matcher after = AFTER_LIST.matcher(rest);
        if (!before.find() || !after.find()) {
          throw new DbStateException(
              "an empty list must stand alone in IN (...): " + shortened(source), null);
        }
        text.append("NULL)").append(before.group(1) == null ? " IS TRUE" : " IS NOT FALSE");
        text.append(rest, after.end(), rest.length());
        continue;
      }
      text.append('?');
      for (int extra = 1; extra < sizes[i]; extra++) {
        text.append(", ?");
      }
      text.append(rest);
    }
    return text.toString();
  }

  private static final class Scanner {
    private final String sql;
    private final boolean mySql;
    private final List<String> pieces = new ArrayList<>();
    private final List<String> sent = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final StatementKind.Words words = new StatementKind.Words();

    /** The start of the piece that is being read, without its escapes. */
    private final StringBuilder unescaped = new StringBuilder();

    /** How far {@link #unescaped} is. */
    private int unescapedTo;

    private int pieceStart;
    private int positional;

    Scanner(String sql, Dialect dialect) {
      this.sql = sql;
      this.mySql = dialect == Dialect.MARIADB || dialect == Dialect.MYSQL;
    }

    SqlText scan() {
      walk();
      cut(sql.length(), sql.length());
      if (positional > 0 && !names.isEmpty()) {
        throw new DbStateException(
            "positional and named parameters must not be mixed (an operator ? is written ??): "
                + shortened(sql),
            null);
      }
      return new SqlText(this);
    }

    private void walk() {
      int at = 0;
      while (at < sql.length()) {
        at = step(at);
      }
    }

    private int step(int at) {
      char c = sql.charAt(at);
      switch (c) {
        case '\'':
        case '"':
        case '`':
          return c != '`' && (mySql || isEscapeString(at))
              ? afterEscapedQuote(at, c)
              : afterQuote(at, c);
        case '-':
          return isLineComment(at) ? afterLine(at) : at + 1;
        case '#':
          return mySql ? afterLine(at) : at + 1;
        case '/':
          return next(at) == '*' ? afterBlockComment(at) : at + 1;
        case '$':
          return afterDollarQuote(at);
        case '?':
          if (next(at) == '?') {
            return at + 2;
          }
          positional++;
          cut(at, at + 1);
          return at + 1;
        case ':':
          return afterColon(at);
        case '\\':
          return next(at) == ':' ? afterEscape(at) : at + 1;
        default:
          return Character.isLetter(c) || c == '_' ? afterWord(at) : at + 1;
      }
    }

    private int afterEscape(int at) {
      unescaped.append(sql, unescapedTo, at);
      unescapedTo = at + 1;
      return at + 2;
    }

    private int afterWord(int at) {
      int end = at + 1;
      while (end < sql.length() && isNamePart(sql.charAt(end))) {
        end++;
      }
      int bracket = end;
      while (bracket < sql.length() && Character.isWhitespace(sql.charAt(bracket))) {
        bracket++;
      }
      words.add(sql.substring(at, end), bracket < sql.length() && sql.charAt(bracket) == '(');
      return end;
    }

    private int afterColon(int at) {
      if (next(at) == ':') {
        return at + 2;
      }
      int end = at + 1;
      while (end < sql.length() && isNamePart(sql.charAt(end))) {
        end++;
      }
      // a digit cannot start a name, so array slices like a[1:2] stay as they are
      if (end == at + 1 || Character.isDigit(sql.charAt(at + 1))) {
        return at + 1;
      }
      names.add(sql.substring(at + 1, end));
      cut(at, end);
      return end;
    }

    private void cut(int from, int to) {
      pieces.add(sql.substring(pieceStart, from));
      sent.add(unescaped + sql.substring(unescapedTo, from));
      unescaped.setLength(0);
      unescapedTo = to;
      pieceStart = to;
    }

    /** A doubled quote inside a literal is two literals side by side, which ends the same. */
    private int afterQuote(int at, char quote) {
      int end = sql.indexOf(quote, at + 1);
      return end < 0 ? sql.length() : end + 1;
    }

    /** A backslash hides the next character, on MariaDB and in PostgreSQL's E'...'. */
    private int afterEscapedQuote(int at, char quote) {
      for (int i = at + 1; i < sql.length(); i++) {
        if (sql.charAt(i) == '\\') {
          i++;
        } else if (sql.charAt(i) == quote) {
          return i + 1;
        }
      }
      return sql.length();
    }

    private boolean isEscapeString(int at) {
      return sql.charAt(at) == '\''
          && at > 0
          && (sql.charAt(at - 1) == 'E' || sql.charAt(at - 1) == 'e')
          && (at == 1 || !isNamePart(sql.charAt(at - 2)));
    }

    /** MariaDB wants a blank after the dashes, so that 5--3 is a number. */
    private boolean isLineComment(int at) {
      return next(at) == '-' && (!mySql || at + 2 >= sql.length() || sql.charAt(at + 2) <= ' ');
    }

    private int afterLine(int at) {
      int found = sql.indexOf('\n', at);
      return found < 0 ? sql.length() : found + 1;
    }

    /** Comments nest, but not on MariaDB. */
    private int afterBlockComment(int at) {
      int depth = 0;
      int i = at;
      while (i < sql.length()) {
        if (sql.startsWith("/*", i) && !(mySql && depth > 0)) {
          depth++;
          i += 2;
        } else if (sql.startsWith("*/", i)) {
          depth--;
          i += 2;
          if (depth == 0) {
            return i;
          }
        } else {
          i++;
        }
      }
      return sql.length();
    }

    private int afterDollarQuote(int at) {
      // a$b is a name, not the start of a quote
      if (at > 0 && isNamePart(sql.charAt(at - 1))) {
        return at + 1;
      }
      int tagEnd = at + 1;
      while (tagEnd < sql.length() && isNamePart(sql.charAt(tagEnd))) {
        tagEnd++;
      }
      if (tagEnd >= sql.length()
          || sql.charAt(tagEnd) != '$'
          || Character.isDigit(sql.charAt(at + 1))) {
        return at + 1;
      }
      String tag = sql.substring(at, tagEnd + 1);
      int end = sql.indexOf(tag, tagEnd + 1);
      return end < 0 ? sql.length() : end + tag.length();
    }

    private char next(int at) {
      return at + 1 < sql.length() ? sql.charAt(at + 1) : '\0';
    }

    private static boolean isNamePart(char c) {
      return c == '_' || (c < 128 && Character.isLetterOrDigit(c));
    }
  }
}
