package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.transport.Receiver;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.filters.request.RequestId;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes messages of the parts that the transport gives, within the limit of a message, and demands
 * the next part while there is room for it. Called by the reading thread, and by the timer where it
 * says so.
 *
 * <pre>
 * between messages --part--> within a message --last part--> between messages
 *        |                        |
 *        +---- too large, or not text -----> refused --rest read, or its time over--> closing
 * </pre>
 */
public final class MessageAssembler implements Receiver {
  /** What is still read of a message that is refused, so that the client can read the refusal. */
  private static final int MAX_DISCARDED_BYTES = 8 * 1024 * 1024;

  /** Empty fragments before the last one count as this much: else they could come for ever. */
  private static final int EMPTY_FRAGMENT_BYTES = 1;

  /** How long the rest of a refused message may take. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ReceivingConnection connection;
  private final ReceiveServices services;
  private final Transport transport;
  private final MessageDispatcher dispatcher;

  /** The message so far, null between messages. Reading thread only. */
  private @Nullable StringBuilder partial;

  /** Bytes of the message so far. Reading thread only. */
  private int partialBytes;

  /** The refusal that closes once the message is over; then nothing is handled any more. */
  private volatile @Nullable Refused refused;

  private record Refused(CloseCode code, String reason, long sinceNanos) {}

  public MessageAssembler(
      ReceivingConnection connection,
      ReceiveServices services,
      Transport transport,
      MessageDispatcher dispatcher) {
    this.connection = connection;
    this.services = services;
    this.transport = transport;
    this.dispatcher = dispatcher;
  }

  @Override
  public void text(String part, boolean last) {
    long now = System.nanoTime();
    dispatcher.received(now);
    if (partial == null && last && refused == null) {
      if (isTooLarge(part)) {
        tooLarge(EncodedMessage.utf8Length(part), true, now);
      } else if (!dispatcher.handle(part, now)) {
        return;
      }
    } else if (!append(part, last, now)) {
      return;
    }
    transport.demand();
  }

  /** There are none in this protocol. */
  @Override
  public void binary(int bytes, boolean last) {
    long now = System.nanoTime();
    dispatcher.received(now);
    if (refused == null) {
      sendError(Fault.of(ErrorCode.MESSAGE_NOT_TEXT, "messages must be text"));
      refused = new Refused(CloseCode.UNSUPPORTED_DATA, ErrorCode.MESSAGE_NOT_TEXT.word(), now);
      partialBytes = 0;
    }
    discard(bytes, last);
    transport.demand();
  }

  @Override
  public void control() {
    dispatcher.received(System.nanoTime());
  }

  /** Called by the timer while the connection is open. */
  public void check(long nowNanos) {
    Refused closing = refused;
    if (closing != null && services.limits().elapsed(closing.sinceNanos, nowNanos) > REST_NANOS) {
      connection.close(closing.code, closing.reason);
    }
  }

  /** False when the connection is not to be read on. */
  private boolean append(String part, boolean last, long now) {
    // The last one comes once: some containers end with an empty one, which the client never sent.
    int bytes = Math.max(last ? 0 : EMPTY_FRAGMENT_BYTES, EncodedMessage.utf8Length(part));
    if (refused != null) {
      discard(bytes, last);
      return true;
    }
    if (partial == null) {
      partial = new StringBuilder(part.length() * 2);
      partialBytes = 0;
    }
    partialBytes += bytes;
    if (partialBytes > services.config().maxMessageBytes()) {
      tooLarge(partialBytes, last, now);
      return true;
    }
    partial.append(part);
    if (!last) {
      return true;
    }
    String text = partial.toString();
    partial = null;
    return dispatcher.handle(text, now);
  }

  private boolean isTooLarge(String text) {
    int max = services.config().maxMessageBytes();
    return text.length() > max / 3 && EncodedMessage.utf8Length(text) > max;
  }

  private void tooLarge(int bytes, boolean last, long now) {
    partial = null;
    services.counts().unknown().add();
    int max = services.config().maxMessageBytes();
    sendError(
        Fault.of(
            ErrorCode.MESSAGE_TOO_LARGE,
            "the message must have at most " + max + " bytes, " + bytes + " have come"));
    refused = new Refused(CloseCode.MESSAGE_TOO_LARGE, ErrorCode.MESSAGE_TOO_LARGE.word(), now);
    partialBytes = 0;
    discard(0, last);
  }

  /**
   * Reads a refused message to its end before the close: the container cuts the connection right
   * after a close with an error code, and bytes that were never read would take the refusal with
   * them.
   */
  private void discard(int bytes, boolean last) {
    Refused closing = refused;
    partialBytes += bytes;
    if (closing != null && (last || partialBytes > MAX_DISCARDED_BYTES)) {
      connection.close(closing.code, closing.reason);
    }
  }

  private void sendError(Fault fault) {
    connection.answer(services.frames().error(null, fault, RequestId.next()));
  }
}
