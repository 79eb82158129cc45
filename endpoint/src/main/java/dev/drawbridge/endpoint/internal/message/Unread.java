package dev.drawbridge.endpoint.internal.message;

/**
 * A message whose data is read in its handler's turn, because what reads or judges it may wait for
 * somebody. All else of its frame was found good. Immutable; {@link MessageCodec#read(Unread)}
 * reads it.
 */
public final class Unread {
  final PayloadType<?> payload;
  final Envelope envelope;

  Unread(PayloadType<?> payload, Envelope envelope) {
    this.payload = payload;
    this.envelope = envelope;
  }
}
