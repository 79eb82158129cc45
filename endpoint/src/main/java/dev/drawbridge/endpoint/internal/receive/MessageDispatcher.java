package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.ConnectionClose;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.MessageRefused;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.connection.Heartbeat;
import dev.drawbridge.endpoint.internal.connection.Reauthentication;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.message.Message;
import dev.drawbridge.endpoint.internal.message.MessageCodec.Beat;
import dev.drawbridge.endpoint.internal.message.MessageCodec.Credential;
import dev.drawbridge.endpoint.internal.message.Surrogates;
import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import dev.drawbridge.endpoint.internal.send.SendQueue;
import dev.drawbridge.filters.RequestId;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one open connection says and is answered. The reading thread calls {@link #text}, {@link
 * #binary} and {@link #received}; the rest is thread-safe. PROTOCOL.md sections 4 and 5.
 */
public final class MessageDispatcher implements HandlerQueue.Listener {
  private static final Logger log = LoggerFactory.getLogger(MessageDispatcher.class);

  /** What is still read of a message that is refused, so that the client can read the refusal. */
  private static final int MAX_DISCARDED_BYTES = 8 * 1024 * 1024;

  /** Empty fragments count as this much: else they could come for ever. */
  private static final int EMPTY_FRAGMENT_BYTES = 1;

  private final ServerConnection link;
  private final Session session;
  private final SendQueue outbound;
  private final Heartbeat liveness;
  private final HandlerQueue inbound;
  private final Reauthentication reauthentication;

  /** The message so far, null between messages. Reading thread only. */
  private @Nullable StringBuilder partial;

  /** Bytes of the message so far. Reading thread only. */
  private int partialBytes;

  /** The refusal that closes once the message is over; then nothing is handled any more. */
  private volatile @Nullable Refused refused;

  /** Of the application's messages; null until the first. Reading thread only. */
  private @Nullable RateLimit rate;

  /** Of the protocol's own messages; null until the first. Reading thread only. */
  private @Nullable RateLimit beats;

  /** Null until the first invalid message. Reading thread only. */
  private @Nullable InvalidMessages invalid;

  private final ReceivedCounts received;

  private record Refused(CloseCode code, String reason, long sinceNanos) {}

  /** No time before it counts for what is refused: the process stood still. */
  private volatile long forgivenNanos = System.nanoTime();

  public MessageDispatcher(
      ServerConnection link, Session session, SendQueue outbound, Heartbeat liveness) {
    this.link = link;
    this.session = session;
    this.outbound = outbound;
    this.liveness = liveness;
    this.inbound = new HandlerQueue(link.core().threads(), link.core().config(), this);
    this.reauthentication = new Reauthentication(link);
    this.received = link.core().received();
  }

  /** The connection is open and welcomed. */
  public void opened() {
    EndpointDefinition.Registration<?> registration = link.core().endpoint().openedRegistration();
    inbound.begin(
        registration == null ? null : new HandlerTask(registration, "onOpen", null, null));
  }

  /** A whole text message or a part of one; demands the next frame when there is room. */
  public void text(String part, boolean last) {
    long now = System.nanoTime();
    liveness.received(now);
    if (partial == null && last && refused == null) {
      if (isTooLarge(part)) {
        tooLarge(EncodedMessage.utf8Length(part), true, now);
      } else if (!handle(part, now)) {
        return;
      }
    } else if (!append(part, last, now)) {
      return;
    }
    session.demand();
  }

  /** A part of a binary message: there are none in this protocol. */
  public void binary(int bytes, boolean last) {
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
  public void received() {
    liveness.received(System.nanoTime());
  }

  public boolean isBusy() {
    return inbound.isBusy();
  }

  public int waiting() {
    return inbound.waiting();
  }

  /** Called by the timer while the connection is open. */
  public void check(long nowNanos) {
    checkTimeout(nowNanos);
    Refused closing = refused;
    if (closing != null
        && Math.min(nowNanos - closing.sinceNanos, nowNanos - forgivenNanos)
            > ServerConnection.CLOSE_NANOS) {
      link.close(closing.code, closing.reason);
    }
  }

  /** The process stood still: silence until now was not the client's, nor the handler's. */
  public void forgive(long nowNanos) {
    forgivenNanos = nowNanos;
    inbound.forgive(nowNanos);
  }

  /**
   * Called by the timer until it returns true, also after the end: a handler that hangs is found
   * even if its client is gone.
   */
  public boolean checkTimeout(long nowNanos) {
    return inbound.checkTimeout(nowNanos);
  }

  /** The close is on its way: read on, so that the client's answer is seen. */
  public void closing() {
    inbound.close();
  }

  /**
   * The connection is gone.
   *
   * @param byClient by a close frame of the client: what it has sent before is handled
   */
  public void ended(boolean byClient) {
    liveness.ended(System.nanoTime());
    BiConsumer<Connection, ConnectionClose> closed = link.core().endpoint().closed();
    inbound.end(
        byClient,
        () -> {
          ConnectionClose ending = link.ending();
          if (closed != null && ending != null) {
            link.core().threads().executeAnyway(() -> closed.accept(link.connection(), ending));
          }
        });
  }

  /** False when the connection is not to be read on. */
  private boolean append(String part, boolean last, long now) {
    int bytes = Math.max(EMPTY_FRAGMENT_BYTES, EncodedMessage.utf8Length(part));
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
    return text.length() > max / 3 && EncodedMessage.utf8Length(text) > max;
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
    try {
      return read(text, now);
    } catch (RuntimeException | Error e) {
      // Whatever it is, Jetty must not see it: it would close with 1011 and the exception's text.
      return inbound.accept(HandlerTask.refusal(failure(null, "a message", e)));
    }
  }

  private boolean read(String text, long now) {
    Message message = link.core().endpoint().codec().read(text);
    FrameLog frames = link.frameLog();
    if (frames != null) {
      frames.received(message, EncodedMessage.utf8Length(text));
    }
    Fault fault = message.fault();
    if (fault != null) {
      received.unknown().add();
      return refuse(message.id(), fault, now);
    }
    String type = String.valueOf(message.type());
    count(type);
    RateLimit limit = limit(type, now);
    if (limit != null) {
      long wait = limit.take(now);
      if (wait > 0) {
        return overRate(type, message.id(), limit, wait, now);
      }
    }
    if (message.payloadFault() != null) {
      return refuse(message.id(), message.payloadFault(), now);
    }
    if (message.failure() != null) {
      return inbound.accept(
          HandlerTask.refusal(failure(message.id(), "a message of " + type, message.failure())));
    }
    return dispatch(type, message, now);
  }

  private boolean dispatch(String type, Message message, long now) {
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
        EndpointDefinition.Registration<?> registration = link.core().endpoint().registration(type);
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
        EndpointDefinition.Registration<?> registration = link.core().endpoint().registration(type);
        if (registration != null) {
          registration.meters().received();
        }
      }
    }
  }

  /** Answers in its turn, or at once if the connection closes with it. */
  private boolean refuse(@Nullable String id, Fault fault, long now) {
    if (invalid == null) {
      invalid = new InvalidMessages();
    }
    boolean tooMany = fault.code().isInvalidMessage() && invalid.isTooMany(now);
    if (tooMany && !link.core().config().mode().isDevelopment()) {
      sendError(id, fault);
      link.close(CloseCode.TOO_MANY_INVALID_MESSAGES, "too_many_invalid_messages");
      return true;
    }
    return inbound.accept(HandlerTask.refusal(link.frames().error(id, fault, RequestId.next())));
  }

  /**
   * What a message counts against: the application's own against their limit, those of the protocol
   * against one of theirs; the first {@code auth} in its time against none.
   */
  private @Nullable RateLimit limit(String type, long now) {
    switch (type) {
      case "ping", "pong" -> {
        return beats(now);
      }
      case "auth" -> {
        return reauthentication.mayStart(now) ? null : beats(now);
      }
      default -> {
        if (rate == null) {
          EndpointConfig config = link.core().config();
          rate = new RateLimit(config.messagesPerSecond(), config.messageBurst(), now);
        }
        return rate;
      }
    }
  }

  private RateLimit beats(long now) {
    if (beats == null) {
      beats = RateLimit.ofBeats(now);
    }
    return beats;
  }

  private boolean overRate(
      String type, @Nullable String id, RateLimit limit, long waitNanos, long now) {
    String over =
        String.format(
            "more than %d messages per second (burst %d): %s",
            limit.perSecond(), limit.burst(), limit.overrun(now));
    Fault fault = Fault.of(ErrorCode.RATE_LIMITED, over);
    long retryAfterMs = TimeUnit.NANOSECONDS.toMillis(waitNanos) + 1;
    EncodedMessage error = link.frames().error(id, fault, RequestId.next(), retryAfterMs);
    if (limit.isHopeless(now)) {
      link.send(error, null);
      link.closeOver(CloseCode.RATE_LIMITED, ErrorCode.RATE_LIMITED.word(), false, over);
      return true;
    }
    if (limit == rate) {
      return inbound.accept(HandlerTask.refusal(error));
    }
    if (!type.equals("pong")) {
      link.send(error, null);
    }
    return true;
  }

  /** Tells the log what went wrong before any handler, and gives what the client is told of it. */
  private EncodedMessage failure(@Nullable String id, String what, Throwable cause) {
    String requestId = RequestId.next();
    try {
      log.error(
          "{} could not be read (request {}, connection {})", what, requestId, link.id(), cause);
    } catch (RuntimeException | Error e) {
      // One that fails when it is looked at.
      log.error("{} could not be read: {}", what, cause.getClass().getName());
    }
    return link.frames()
        .error(id, Fault.of(ErrorCode.HANDLER_FAILED, what + " could not be read"), requestId);
  }

  private void sendError(@Nullable String id, Fault fault) {
    link.sendError(id, fault);
  }

  @Override
  public @Nullable Object call(HandlerTask task) throws Exception {
    return task.registration.handle(task.data, link.connection());
  }

  @Override
  public void refuse(EncodedMessage refusal) {
    link.send(refusal, null);
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
      EncodedMessage ack;
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
    if (cause instanceof MessageRefused refusal && !Surrogates.isBroken(refusal.text())) {
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
