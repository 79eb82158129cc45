package dev.drawbridge.db.internal.session;

import dev.drawbridge.db.TransactionOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What waits for the end of a transaction. Used by one thread at a time. */
public final class Completions {
  private static final Logger log = LoggerFactory.getLogger("dev.drawbridge.db.DbSession");

  private List<Consumer<TransactionOutcome>> waiting = List.of();

  public void add(Consumer<TransactionOutcome> action) {
    if (waiting.isEmpty()) {
      waiting = new ArrayList<>();
    }
    waiting.add(action);
  }

  /** Tells and forgets them all; what one throws does not keep the next from being told. */
  public void tell(TransactionOutcome outcome) {
    if (waiting.isEmpty()) {
      return;
    }
    List<Consumer<TransactionOutcome>> actions = waiting;
    waiting = List.of();
    for (Consumer<TransactionOutcome> action : actions) {
      try {
        action.accept(outcome);
      } catch (RuntimeException | Error e) {
        // also an Error: the next one may be what keeps a cache true
        log.error("an action after the end of a transaction failed", e);
      }
    }
  }
}
