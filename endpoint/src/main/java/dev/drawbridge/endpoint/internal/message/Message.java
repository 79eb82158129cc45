package dev.drawbridge.endpoint.internal.message;

import org.jspecify.annotations.Nullable;

/**
 * One frame as it was read: what it is, or why it is refused. Immutable.
 *
 * <p>There are two faults because the rate is counted between them: a frame whose {@link #fault()}
 * is set was not understood; one with only a {@link #payloadFault()} counts as a message.
 *
 * @param type the type, null when the fault lies before it was known
 * @param id the id that an answer repeats; null when the frame has none that is valid
 * @param payload what the type is registered with; null when there is a fault
 * @param data the bound data, or {@link Unread}; null when the type takes none or there is a fault
 * @param fault why the frame is refused before its rate is counted, else null
 * @param payloadFault why its data is refused, else null
 * @param failure what the application's own classes threw when they were to take its data, else
 *     null; for the log alone
 * @param channels how many channels it names, for the rate, also when its data is refused; else 1
 */
public record Message(
    @Nullable String type,
    @Nullable String id,
    @Nullable PayloadType<?> payload,
    @Nullable Object data,
    @Nullable Fault fault,
    @Nullable Fault payloadFault,
    @Nullable Throwable failure,
    int channels) {

  Message(
      @Nullable String type,
      @Nullable String id,
      @Nullable PayloadType<?> payload,
      @Nullable Object data,
      @Nullable Fault fault,
      @Nullable Fault payloadFault,
      @Nullable Throwable failure) {
    this(type, id, payload, data, fault, payloadFault, failure, 1);
  }

  static Message refused(@Nullable String type, @Nullable String id, Fault fault) {
    return new Message(type, id, null, null, fault, null, null);
  }
}
