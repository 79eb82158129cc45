package dev.drawbridge.doctor;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a step has found that did not fail. Immutable.
 *
 * @param code of a warning
 */
record Finding(
    Result.Status status, @Nullable String code, String detail, Map<String, Object> facts) {

  static Finding ok(String detail, Map<String, Object> facts) {
    return new Finding(Result.Status.OK, null, detail, facts);
  }

  static Finding warning(String code, String detail, Map<String, Object> facts) {
    return new Finding(Result.Status.WARNING, code, detail, facts);
  }

  static Finding skipped(String why) {
    return new Finding(Result.Status.SKIPPED, null, why, Map.of());
  }
}
