package dev.drawbridge.doctor;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of one step. Immutable.
 *
 * @param ms how long it took; 0 for one that was skipped
 * @param code why it has failed or warns
 * @param detail what was seen, in words
 * @param facts the same for programs; docs/doctor.md lists them
 */
record Result(
    Step step,
    Status status,
    long ms,
    @Nullable String code,
    String detail,
    @Nullable String fix,
    Map<String, Object> facts) {

  private static final String FOLLOWS = " has failed";

  /** A step behind the one that has failed. */
  static Result behind(Step failed, Step step) {
    return new Result(step, Status.SKIPPED, 0, null, failed.word() + FOLLOWS, null, Map.of());
  }

  boolean followsFault() {
    return status == Status.SKIPPED && detail.endsWith(FOLLOWS);
  }

  enum Status {
    OK,
    /** Works, and someone should look. */
    WARNING,
    FAILED,
    SKIPPED
  }
}
