package dev.drawbridge.endpoint.cluster;

import java.util.Set;

/**
 * The engine can never take some entries of a batch, for what stands in them, and has taken the
 * others.
 */
public final class EntriesRefused extends EngineException {
  private static final long serialVersionUID = 1L;

  private final Set<Long> numbers;

  /**
   * Says which.
   *
   * @param numbers each {@link Entry#n()} that is certainly not in the log and never will be
   */
  public EntriesRefused(Set<Long> numbers, String message, Throwable cause) {
    super(Outcome.NOT_SENT, message, cause);
    this.numbers = Set.copyOf(numbers);
  }

  /** Each {@link Entry#n()} that is certainly not in the log and never will be. */
  public Set<Long> numbers() {
    return numbers;
  }
}
