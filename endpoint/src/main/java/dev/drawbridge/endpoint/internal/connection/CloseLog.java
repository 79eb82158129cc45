package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.filters.log.LogBudget;
import dev.drawbridge.filters.log.Printable;
import dev.drawbridge.filters.refusal.RefusalCode;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one line for each close that nobody wanted: {@value #LINES_PER_MINUTE} a minute for each
 * code at WARN, the others at DEBUG. Thread-safe.
 *
 * <p>A line holds nothing that the client has written but its subject and address: a close reason
 * of the other side is left out.
 */
public final class CloseLog {
  /** Lines at WARN for each code in a minute: {@value}. */
  static final int LINES_PER_MINUTE = 10;

  private static final Logger log = LoggerFactory.getLogger(CloseLog.class);
  private static final int MAX_SHOWN_CHARS = 64;

  /** What a close is called that the container has told us of, whoever began it. */
  private static final String CONTAINER = "closed_";

  /** A page that leaves, a server that stops, a client that is done: nobody has to look. */
  private static final Set<Integer> WANTED = Set.of(1000, 1001, 1005, 1012);

  /** What a code that we never send means; the client's own 4900 to 4999 are not here. */
  private static final Map<Integer, String> OTHERS =
      Map.of(
          1002, "the client speaks another protocol, or a proxy changes frames",
          1006, "the network or a proxy has cut the connection; one age for all is a proxy's limit",
          1007, "the client has sent text that is not UTF-8",
          1015, "TLS failed between the two");

  private final Map<String, LogBudget> budgets = new ConcurrentHashMap<>();
  private final boolean silent;

  /**
   * An endpoint's.
   *
   * @param silent in the warm-up, whose connections are nobody's
   */
  public CloseLog(boolean silent) {
    this.silent = silent;
  }

  /** What is known when a connection is over. */
  record Ending(
      int code,
      String why,
      Initiator by,
      String connectionId,
      @Nullable String requestId,
      String subject,
      String remote,
      Duration age,
      @Nullable String detail) {}

  /** Writes a line, if the close is worth one. */
  void closed(Ending ending) {
    if (silent || WANTED.contains(ending.code) || (ending.code >= 4900 && ending.code <= 4999)) {
      return;
    }
    boolean ours = ending.by == Initiator.SERVER && !ending.why.startsWith(CONTAINER);
    String word = ours ? ending.why : CONTAINER + known(ending.code);
    // The application's own reasons are free text: they share one budget.
    LogBudget budget =
        budgets.computeIfAbsent(
            ours ? Integer.toString(ending.code) : word,
            key -> new LogBudget(LINES_PER_MINUTE, System::nanoTime));
    int withheld = budget.take();
    if (withheld == LogBudget.NOTHING && !log.isDebugEnabled()) {
      return;
    }
    String line =
        String.format(
            "connection closed: %s code=%d by=%s requestId=%s connection=%s sub=%s remote=%s"
                + " ageMs=%d%s fix=\"%s\"%s",
            shown(word),
            ending.code,
            ending.by.word(),
            ending.requestId == null ? "-" : ending.requestId,
            ending.connectionId,
            shown(ending.subject),
            shown(ending.remote),
            ending.age.toMillis(),
            ending.detail == null ? "" : " limit=\"" + ending.detail + "\"",
            fix(ending.code, ending.why),
            withheld > 0 ? " withheld=" + withheld : "");
    if (withheld == LogBudget.NOTHING) {
      log.debug(line);
    } else {
      log.warn(line);
    }
  }

  /** Why such a close happens, in one phrase. */
  public static String meaning(int code) {
    for (CloseCode known : CloseCode.values()) {
      if (known.code() == code) {
        return known.meaning();
      }
    }
    return switch (code) {
      case 1002 -> "the other side breaks the WebSocket protocol";
      case 1005 -> "closed without a code, as a page does that leaves";
      case CloseFrame.ABNORMAL -> "cut without a close frame: the network, a proxy, or a process";
      case 1007 -> "text that is not UTF-8";
      case 1008, 1010 -> "the client has found fault with the connection";
      case 1015 -> "TLS failed";
      default ->
          code >= 4900 && code <= 4999
              ? "the client has closed it for a reason of its own"
              : "a code of the application";
    };
  }

  /** What to do about a close: what its reason says, if that is a code, else its number. */
  public static String fix(int code, String why) {
    for (ErrorCode error : ErrorCode.values()) {
      if (error.word().equals(why)) {
        return error.fix();
      }
    }
    for (RefusalCode refusal : RefusalCode.values()) {
      if (refusal.word().equals(why)) {
        return refusal.fix();
      }
    }
    for (CloseCode known : CloseCode.values()) {
      if (known.code() == code) {
        return known.fix();
      }
    }
    return OTHERS.getOrDefault(code, "see docs/debugging.md, close codes");
  }

  /** Clients may send any number: the unknown ones share one word. */
  private static String known(int code) {
    return (code >= 1000 && code <= 1015) ? Integer.toString(code) : "other";
  }

  private static @Nullable String shown(String text) {
    return Printable.word(text, MAX_SHOWN_CHARS);
  }
}
