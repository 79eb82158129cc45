package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.message.ErrorCode;
import dev.drawbridge.endpoint.message.Fault;
import dev.drawbridge.endpoint.message.Message;
import dev.drawbridge.endpoint.message.MessageCodec.Beat;
import dev.drawbridge.endpoint.message.MessageCodec.Credential;
import dev.drawbridge.endpoint.message.MessageRefused;
import dev.drawbridge.endpoint.metrics.TypeMeters;
import dev.drawbridge.filters.RequestId;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one open connection says and is answered. The reading thread calls {@link #text}, {@link
 * #binary} and {@link #received}; the rest is thread-safe. PROTOCOL.md sections 4 and 5.
 */
final class Conversation implements Inbound.Listener {
  private static final Logger log = LoggerFactory.getLogger(Conversation.class);

  /** What is still read of a message that is refused, so that the client can read the refusal. */
  private static final int MAX_DISCARDED_BYTES = 8 * 1024 * 1024;

  /** Empty fragments count as this much: else they could come for ever. */
  private static final int EMPTY_FRAGMENT_BYTES = 1;

  private final Link link;
  private final Session session;
  private final Outbound outbound;
  private final Liveness liveness;
  private final Inbound inbound;
  private final Reauthentication reauthentication;

  /** The message so far, null between messages. Reading thread only. */
  private @Nullable StringBuilder partial;

  /** Bytes of the message so far. Reading thread only. */
  private int partialBytes;

  /** The refusal that closes once the message is over; then nothing is handled any more. */
  private volatile @Nullable Refused refused;

  /** Null until the first message. Reading thread only. */
  private @Nullable RateLimit rate;

  /** Null until the first invalid message. Reading thread only. */
  private @Nullable InvalidMessages invalid;

  private final ReceivedCounts received;

  private record Refused(CloseCode code, String reason, long sinceNanos) {}

  Conversation(Link link, Session session, Outbound outbound, Liveness liveness) {
    this.link = link;
    this.session = session;
    this.outbound = outbound;
    this.liveness = liveness;
    this.inbound = new Inbound(link.core().threads(), link.core().config(), this);
    this.reauthentication = new Reauthentication(link);
    this.received = link.core().received();
  }

  /** The connection is open and welcomed. */
  void opened() {
    Endpoint.Registration<?> registration = link.core().endpoint().openedRegistration();
    inbound.begin(
        registration == null ? null : new HandlerTask(registration, "onOpen", null, null));
  }

  /** A whole text message or a part of one; demands the next frame when there is room. */
  void text(String part, boolean last) {
    long now = System.nanoTime();
    liveness.received(now);
    if (partial == null && last && refused == null) {
      if (isTooLarge(part)) {
        tooLarge(OutgoingText.utf8Length(part), true, now);
      } else if (!handle(part, now)) {
        return;
      }
    } else if (!append(part, last, now)) {
      return;
    }
    session.demand();
  }

  /** A part of a binary message: there are none in this protocol. */
  void binary(int bytes, boolean last) {
    long now = System.nanoTime();
    liveness.received(now);
    if (refused == null) {
      sendError(null, Fault.of(ErrorCode.MESSAGE_NOT_TEXT, "messages must be text"));
      refused = new Refused(CloseCode.UNSUPPORTED_DATA, ErrorCode.MESSAGE_NOT_TEXT.word(), now);
      partialBytes = 0;
    }
    discard(bytes, last);
    session.demand();
  }

  /** A control frame came. */
  void received() {
    liveness.received(System.nanoTime());
  }

  boolean isBusy() {
    return inbound.isBusy();
  }

  int waiting() {
    return inbound.waiting();
  }

  /** Called by the timer while the connection is open. */
  void check(long nowNanos) {
    checkTimeout(nowNanos);
    Refused closing = refused;
    if (closing != null && nowNanos - closing.sinceNanos > Link.CLOSE_NANOS) {
      link.close(closing.code, closing.reason);
    }
  }

  /**
   * Called by the timer until it returns true, also after the end: a handler that hangs is found
   * even if its client is gone.
   */
  boolean checkTimeout(long nowNanos) {
    return inbound.checkTimeout(nowNanos);
  }

  /** The close is on its way: read on, so that the client's answer is seen. */
  void closing() {
    inbound.close();
  }

  void ended() {
    liveness.ended(System.nanoTime());
    Consumer<Connection> closed = link.core().endpoint().closed();
    inbound.end(
        () -> {
          if (closed != null) {
            link.core().threads().executeAnyway(() -> closed.accept(link.connection()));
          }
        });
  }

  /** False when the connection is not to be read on. */
  private boolean append(String part, boolean last, long now) {
    int bytes = Math.max(EMPTY_FRAGMENT_BYTES, OutgoingText.utf8Length(part));
    if (refused != null) {
      discard(bytes, last);
      return true;
    }
    if (partial == null) {
      partial = new StringBuilder(part.length() * 2);
      partialBytes = 0;
    }
    partialBytes += bytes;
    if (partialBytes > link.core().config().maxMessageBytes()) {
      tooLarge(partialBytes, last, now);
      return true;
    }
    partial.append(part);
    if (!last) {
      return true;
    }
    String text = partial.toString();
    partial = null;
    return handle(text, now);
  }

  private boolean isTooLarge(String text) {
    int max = link.core().config().maxMessageBytes();
    return text.length() > max / 3 && OutgoingText.utf8Length(text) > max;
  }

  private void tooLarge(int bytes, boolean last, long now) {
    partial = null;
    received.unknown().add();
    int max = link.core().config().maxMessageBytes();
    sendError(
        null,
        Fault.of(
            ErrorCode.MESSAGE_TOO_LARGE,
            "the message must have at most " + max + " bytes, " + bytes + " have come"));
    refused = new Refused(CloseCode.MESSAGE_TOO_LARGE, ErrorCode.MESSAGE_TOO_LARGE.word(), now);
    partialBytes = 0;
    discard(0, last);
  }

  /**
   * Reads a refused message to its end before the close: Jetty cuts the connection right after a
   * close with an error code, and bytes that were never read would take the refusal with them.
   */
  private void discard(int bytes, boolean last) {
    Refused closing = refused;
    partialBytes += bytes;
    if (closing != null && (last || partialBytes > MAX_DISCARDED_BYTES)) {
      link.close(closing.code, closing.reason);
    }
  }

  /** False when the connection is not to be read on. */
  private boolean handle(String text, long now) {
    if (!link.isOpen()) {
      return true;
    }
    Message message = link.core().endpoint().codec().read(text);
    FrameLog frames = link.frameLog();
    if (frames != null) {
      frames.received(message, OutgoingText.utf8Length(text));
    }
    Fault fault = message.fault();
    if (fault != null) {
      received.unknown().add();
      refuse(message.id(), fault, now);
      return true;
    }
    count(String.valueOf(message.type()));
    long wait = rate(now).take(now);
    if (wait > 0) {
      overRate(message.id(), wait, now);
      return true;
    }
    if (message.payloadFault() != null) {
      refuse(message.id(), message.payloadFault(), now);
      return true;
    }
    return dispatch(message, now);
  }

  private boolean dispatch(Message message, long now) {
    String type = String.valueOf(message.type());
    Object data = message.data();
    switch (type) {
      case "ping" ->
          outbound.send(
              link.frames().pong(message.id(), data instanceof Beat beat ? beat.t() : null),
              true,
              null);
      case "pong" -> liveness.answered(data instanceof Beat beat ? beat.t() : null, now);
      case "auth" -> {
        if (data instanceof Credential credential) {
          reauthentication.start(message.id(), credential.token(), now);
        }
      }
      default -> {
        Endpoint.Registration<?> registration = link.core().endpoint().registration(type);
        if (registration != null) {
          return inbound.accept(new HandlerTask(registration, type, message.id(), data));
        }
      }
    }
    return true;
  }

  private void count(String type) {
    switch (type) {
      case "ping" -> received.pings().add();
      case "pong" -> received.pongs().add();
      case "auth" -> received.auths().add();
      default -> {
        Endpoint.Registration<?> registration = link.core().endpoint().registration(type);
        if (registration != null) {
          registration.meters().received();
        }
      }
    }
  }

  private void refuse(@Nullable String id, Fault fault, long now) {
    sendError(id, fault);
    if (invalid == null) {
      invalid = new InvalidMessages();
    }
    boolean tooMany = fault.code().isInvalidMessage() && invalid.isTooMany(now);
    if (tooMany && !link.core().config().mode().isDevelopment()) {
      link.close(CloseCode.TOO_MANY_INVALID_MESSAGES, "too_many_invalid_messages");
    }
  }

  private RateLimit rate(long now) {
    if (rate == null) {
      EndpointConfig config = link.core().config();
      rate = new RateLimit(config.messagesPerSecond(), config.messageBurst(), now);
    }
    return rate;
  }

  private void overRate(@Nullable String id, long waitNanos, long now) {
    EndpointConfig config = link.core().config();
    String over =
        String.format(
            "more than %d messages per second (burst %d): %s",
            config.messagesPerSecond(), config.messageBurst(), rate(now).overrun(now));
    Fault fault = Fault.of(ErrorCode.RATE_LIMITED, over);
    long retryAfterMs = TimeUnit.NANOSECONDS.toMillis(waitNanos) + 1;
    link.send(link.frames().error(id, fault, RequestId.next(), retryAfterMs), null);
    if (rate(now).isHopeless(now)) {
      link.closeOver(CloseCode.RATE_LIMITED, ErrorCode.RATE_LIMITED.word(), false, over);
    }
  }

  private void sendError(@Nullable String id, Fault fault) {
    link.sendError(id, fault);
  }

  @Override
  public @Nullable Object call(HandlerTask task) throws Exception {
    return task.registration.handle(task.data, link.connection());
  }

  @Override
  public void finished(HandlerTask task, @Nullable Object result, @Nullable Throwable failure) {
    if (!task.claimAnswer()) {
      return;
    }
    if (failure != null) {
      failed(task, failure);
      return;
    }
    if (task.id != null) {
      OutgoingText ack;
      try {
        ack = link.frames().ack(task.id, result);
      } catch (RuntimeException | Error e) {
        failed(task, e);
        return;
      }
      link.send(ack, null);
    }
    task.handled(TypeMeters.Outcome.OK);
  }

  private void failed(HandlerTask task, Throwable failure) {
    boolean wrapped =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    Throwable inside = wrapped ? failure.getCause() : null;
    Throwable cause = inside == null ? failure : inside;
    if (cause instanceof MessageRefused refusal) {
      task.handled(TypeMeters.Outcome.REFUSED);
      link.send(link.frames().error(task.id, refusal.code(), refusal.text()), null);
      return;
    }
    task.handled(TypeMeters.Outcome.FAILED);
    String requestId = RequestId.next();
    Fault fault = Fault.of(ErrorCode.HANDLER_FAILED, "the handler of " + task.type + " failed");
    // Before the log, which may stumble over an exception of the application's own make.
    link.send(link.frames().error(task.id, fault, requestId), null);
    log.error(
        "the handler of {} failed (request {}, connection {})",
        task.type,
        requestId,
        link.id(),
        cause);
  }

  @Override
  public void late(HandlerTask task) {
    if (!task.claimAnswer()) {
      return;
    }
    task.handled(TypeMeters.Outcome.TIMEOUT);
    String requestId = RequestId.next();
    String limit = link.core().config().handlerTimeout().toMillis() + " ms";
    log.warn(
        "the handler of {} has not returned within {} (request {}, connection {})",
        task.type,
        limit,
        requestId,
        link.id());
    Fault fault =
        Fault.of(
            ErrorCode.HANDLER_TIMEOUT,
            "the handler of " + task.type + " has not returned within " + limit);
    link.send(link.frames().error(task.id, fault, requestId), null);
  }

  @Override
  public void pause() {
    liveness.paused(true, System.nanoTime());
  }

  @Override
  public void resume() {
    liveness.paused(false, System.nanoTime());
    session.demand();
  }
}
