package dev.drawbridge.db.internal.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a statement does to the session, the transaction and the data, as far as its words outside
 * of literals and comments tell. Immutable. What a function or a procedure does inside is not seen.
 */
public final class StatementKind {
  private static final Set<String> READING =
      Set.of("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "CALL");

  private static final Set<String> COMMITTING =
      Set.of(
          "CREATE",
          "ALTER",
          "DROP",
          "TRUNCATE",
          "RENAME",
          "GRANT",
          "REVOKE",
          "COMMENT",
          "ANALYZE",
          "LOCK",
          "UNLOCK",
          "FLUSH",
          "OPTIMIZE",
          "REPAIR",
          "INSTALL",
          "UNINSTALL",
          "RUNSCRIPT");

  /** Kept by the server until the connection ends. */
  private static final Set<String> SESSION =
      Set.of("USE", "LISTEN", "UNLISTEN", "RESET", "DISCARD", "PREPARE", "DEALLOCATE");

  private static final Set<String> SESSION_FUNCTIONS =
      Set.of("SET_CONFIG(", "PG_ADVISORY_LOCK(", "PG_TRY_ADVISORY_LOCK(", "GET_LOCK(");

  /** {@code SET} with one of these ends with its transaction or is none of the session's. */
  private static final Set<String> SET_ELSEWHERE =
      Set.of("LOCAL", "TRANSACTION", "CONSTRAINTS", "GLOBAL");

  /** Before a bracket, these call nothing that could change data. */
  private static final Set<String> HARMLESS_BEFORE_BRACKET =
      Set.of(
          "IN(",
          "VALUES(",
          "EXISTS(",
          "AND(",
          "OR(",
          "NOT(",
          "ON(",
          "AS(",
          "FROM(",
          "JOIN(",
          "WHERE(",
          "SELECT(",
          "UNION(",
          "ALL(",
          "ANY(",
          "BY(",
          "OVER(",
          "USING(",
          "WHEN(",
          "THEN(",
          "ELSE(",
          "LIMIT(",
          "OFFSET(",
          "FETCH(",
          "WITH(",
          "COUNT(",
          "SUM(",
          "MIN(",
          "MAX(",
          "AVG(",
          "COALESCE(",
          "NULLIF(",
          "CAST(",
          "LOWER(",
          "UPPER(",
          "TRIM(",
          "LENGTH(",
          "SUBSTRING(",
          "CONCAT(",
          "ABS(",
          "ROUND(",
          "EXTRACT(",
          "VARCHAR(",
          "CHAR(",
          "DECIMAL(",
          "NUMERIC(",
          "TIMESTAMP(",
          "DATE(",
          "TIME(",
          "CURRENT_TIMESTAMP(",
          "ROW_NUMBER(");

  private final boolean reads;
  private final boolean callsUnknown;
  private final boolean controlsTransaction;
  private final boolean commitsByItself;
  private final boolean changesSession;
  private final boolean setsSomething;

  private StatementKind(List<String> words) {
    String first = word(words, 0);
    String second = word(words, 1);
    this.reads = READING.contains(first) && !changesData(words);
    this.callsUnknown = first.equals("CALL") || words.stream().anyMatch(StatementKind::isUnknown);
    this.controlsTransaction = controlsTransaction(words, first, second);
    this.commitsByItself =
        COMMITTING.contains(first) && !words.subList(1, shown(words)).contains("TEMPORARY");
    this.setsSomething = first.equals("SET") || first.equals("RESET");
    this.changesSession =
        SESSION.contains(first)
            || (first.equals("SET") && !SET_ELSEWHERE.contains(second))
            || (first.equals("ALTER") && second.equals("SESSION"))
            || (first.equals("CREATE") && createsTemporary(words))
            || words.stream().anyMatch(SESSION_FUNCTIONS::contains);
  }

  /** Whether its form is that of a query; a function that it calls may write all the same. */
  public boolean reads() {
    return reads;
  }

  /** Whether it calls something that is not known to change nothing. */
  public boolean callsUnknown() {
    return callsUnknown;
  }

  /** Whether it begins or ends a transaction, which only the session may. */
  public boolean controlsTransaction() {
    return controlsTransaction;
  }

  /** Whether databases without transactional DDL commit what came before it. */
  public boolean commitsByItself() {
    return commitsByItself;
  }

  /** Whether it leaves something in the connection that a later session would find. */
  public boolean changesSession() {
    return changesSession;
  }

  /**
   * Whether it is a SET, with which a session that must not write could make itself one that may.
   */
  public boolean setsSomething() {
    return setsSomething;
  }

  private static boolean isUnknown(String word) {
    return word.endsWith("(") && !HARMLESS_BEFORE_BRACKET.contains(word);
  }

  private static boolean changesData(List<String> words) {
    for (int i = 0; i < words.size(); i++) {
      switch (words.get(i)) {
        case "INSERT":
        case "DELETE":
        case "MERGE":
          return true;
        case "REPLACE":
          if (word(words, i + 1).equals("INTO")) {
            return true;
          }
          break;
        case "UPDATE":
          // FOR UPDATE and FOR NO KEY UPDATE lock
          if (i == 0 || !Set.of("FOR", "KEY").contains(words.get(i - 1))) {
            return true;
          }
          break;
        case "FINAL":
        case "NEW":
        case "OLD":
          if (i + 1 < words.size() && words.get(i + 1).equals("TABLE(")) {
            return true;
          }
          break;
        default:
          break;
      }
    }
    return false;
  }

  private static boolean controlsTransaction(List<String> words, String first, String second) {
    switch (first) {
      case "COMMIT":
      case "ABORT":
      case "END":
      case "XA":
        return true;
      case "ROLLBACK":
        // ROLLBACK TO goes back to a savepoint
        return !words.subList(0, shown(words)).contains("TO");
      case "BEGIN":
        // BEGIN NOT ATOMIC is a block of statements
        return !second.equals("NOT");
      case "START":
      case "PREPARE":
        return second.equals("TRANSACTION");
      case "SET":
        return words.subList(0, shown(words)).contains("AUTOCOMMIT");
      default:
        return false;
    }
  }

  private static boolean createsTemporary(List<String> words) {
    List<String> start = words.subList(1, shown(words));
    return start.contains("TEMP") || start.contains("TEMPORARY");
  }

  /** Where the words that say what a statement is have ended at the latest. */
  private static int shown(List<String> words) {
    return Math.max(1, Math.min(5, words.size()));
  }

  private static String word(List<String> words, int index) {
    if (index >= words.size()) {
      return "";
    }
    String word = words.get(index);
    return word.endsWith("(") ? word.substring(0, word.length() - 1) : word;
  }

  /** Collects words in the order of the text. Not thread-safe. */
  public static final class Words {
    private final List<String> words = new ArrayList<>();

    /**
     * Adds a word that is neither quoted nor part of a comment.
     *
     * @param beforeBracket whether a bracket opens after it
     */
    void add(String word, boolean beforeBracket) {
      words.add(word.toUpperCase(Locale.ROOT) + (beforeBracket ? "(" : ""));
    }

    StatementKind kind() {
      return new StatementKind(words.isEmpty() ? List.of("") : words);
    }
  }
}
