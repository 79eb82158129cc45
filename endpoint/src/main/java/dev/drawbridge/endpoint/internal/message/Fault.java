package dev.drawbridge.endpoint.internal.message;

import dev.drawbridge.endpoint.ErrorCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a message goes to no handler. Immutable.
 *
 * @param code the protocol's word for it
 * @param message one sentence for people, without any value of the message
 * @param details one per problem of the data, else empty
 * @param hint what to change, shown in dev mode only; null when there is nothing to add
 */
public record Fault(ErrorCode code, String message, List<Detail> details, @Nullable String hint) {

  /** Copies the details. */
  public Fault {
    details = List.copyOf(details);
  }

  /** A fault that is fully told by one sentence. */
  public static Fault of(ErrorCode code, String message) {
    return new Fault(code, message, List.of(), null);
  }
}
