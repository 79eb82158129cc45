package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.filters.attempt.Attempt;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells everybody who wants to know that a connection is over: its attempt, the metrics, the
 * diagnostics page and the log. Stateless.
 */
public final class CloseReport {
  private CloseReport() {}

  /** The reasons of closes that are words of PROTOCOL.md section 6. */
  private static final Set<String> REASONS =
      Arrays.stream(CloseCode.values())
          .flatMap(code -> code.reasons().stream())
          .collect(Collectors.toUnmodifiableSet());

  /**
   * How it ended.
   *
   * @param detail the limit that was exceeded and the value, null when there is none
   */
  public record Close(int code, String why, Initiator by, @Nullable String detail) {

    /** A word of PROTOCOL.md, or {@code closed_} and the code: clients switch on it. */
    public String word() {
      return by == Initiator.SERVER && REASONS.contains(why) ? why : "closed_" + code;
    }
  }

  /**
   * Tells it once for each connection that was open.
   *
   * @param attempt null when the container gave us none
   * @param quiet how long nothing had come from the client
   */
  static void tell(
      EndpointServices endpoint,
      ServerConnection connection,
      @Nullable Attempt attempt,
      Close close,
      Duration age,
      Duration quiet) {
    if (attempt != null) {
      attempt.ended(Attempt.Stage.CLOSED, close.word());
    }
    endpoint.meters().closed(close.code, close.by.word(), age.toNanos());
    CloseListener listener = endpoint.closeListener();
    if (listener != null) {
      listener.closed(close.code, close.why, close.by, age, quiet);
    }
    endpoint
        .closes()
        .closed(
            new CloseLog.Ending(
                close.code,
                close.why,
                close.by,
                connection.id(),
                attempt == null ? null : attempt.requestId(),
                connection.subject(),
                connection.address(),
                age,
                close.detail));
  }
}
