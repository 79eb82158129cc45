package dev.drawbridge.endpoint.internal.http;

import dev.drawbridge.filters.attempt.Attempt;
import dev.drawbridge.filters.log.LogBudget;
import dev.drawbridge.filters.log.Printable;
import dev.drawbridge.filters.refusal.Refusal;
import dev.drawbridge.filters.refusal.RefusalCode;
import dev.drawbridge.filters.request.RequestId;
import jakarta.servlet.http.HttpServletRequest;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Writes one line for each handshake that the endpoint itself refuses: {@value #LINES_PER_MINUTE} a
 * minute for each code at WARN, the others at DEBUG. Thread-safe.
 */
public final class UpgradeLog {
  /** Lines at WARN for each code in a minute: {@value}. */
  static final int LINES_PER_MINUTE = 10;

  private static final int MAX_SHOWN_CHARS = 128;
  private static final int MAX_HINT_CHARS = 512;

  private final Logger log;
  private final Map<RefusalCode, LogBudget> budgets = new EnumMap<>(RefusalCode.class);

  /**
   * One for a servlet.
   *
   * @param log the servlet's
   */
  public UpgradeLog(Logger log) {
    this.log = log;
    for (RefusalCode code : RefusalCode.values()) {
      budgets.put(code, new LogBudget(LINES_PER_MINUTE, System::nanoTime));
    }
  }

  public void refused(HttpServletRequest request, @Nullable Attempt attempt, Refusal refusal) {
    LogBudget budget = budgets.get(refusal.code());
    int withheld = budget == null ? 0 : budget.take();
    if (withheld == LogBudget.NOTHING && !log.isDebugEnabled()) {
      return;
    }
    // Ids are checked; a mapping like / makes the whole path the client's own text.
    String hint = refusal.hint();
    String line =
        String.format(
            "handshake refused: %s requestId=%s attempt=%s path=%s remote=%s%s" + " fix=\"%s\"%s",
            refusal.code().word(),
            RequestId.of(request),
            attempt == null ? "-" : attempt.id(),
            Printable.word(request.getServletPath(), MAX_SHOWN_CHARS),
            Printable.word(request.getRemoteAddr(), MAX_SHOWN_CHARS),
            hint == null ? "" : " hint=\"" + Printable.of(hint, MAX_HINT_CHARS) + "\"",
            refusal.code().fix(),
            withheld > 0 ? " withheld=" + withheld : "");
    if (withheld == LogBudget.NOTHING) {
      log.debug(line);
    } else {
      log.warn(line);
    }
  }
}
