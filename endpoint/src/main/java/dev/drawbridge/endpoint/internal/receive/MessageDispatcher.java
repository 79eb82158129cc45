package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.internal.message.ChannelRequest;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.message.Message;
import dev.drawbridge.endpoint.internal.message.MessageCodec.Beat;
import dev.drawbridge.endpoint.internal.message.MessageCodec.Credential;
import dev.drawbridge.endpoint.internal.message.Unread;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import dev.drawbridge.endpoint.internal.transport.Transport;
import dev.drawbridge.filters.request.RequestId;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one message and says what becomes of it: an answer of the protocol, a refusal, or a place
 * in the queue of the handlers. Messages are given by the reading thread; what the queue tells
 * comes from the threads of the handlers and from the timer. Data whose rules or readers may wait
 * for somebody is read by the thread of its handler.
 */
public final class MessageDispatcher implements HandlerQueue.Listener {
  private static final Logger log = LoggerFactory.getLogger(MessageDispatcher.class);

  /** A resume is the first of all others. */
  private static final Set<String> MAY_PRECEDE_RESUME = Set.of("ping", "pong", "auth");

  private final ReceivingConnection connection;
  private final ReceiveServices services;
  private final Transport transport;
  private final LifeSigns signs;
  private final HandlerQueue queue;

  /** Null until the first message. Reading thread only. */
  private @Nullable ClientLimits limits;

  /** A frame has come that a resume must not follow. Reading thread only. */
  private boolean spoken;

  /**
   * Data that is read in its turn.
   *
   * @param counted what its client may still send
   * @param frame what is kept of its frame; null in production
   */
  private record LateData(Unread unread, ClientLimits counted, FrameLog.@Nullable Frame frame) {}

  public MessageDispatcher(
      ReceivingConnection connection,
      ReceiveServices services,
      Transport transport,
      LifeSigns signs) {
    this.connection = connection;
    this.services = services;
    this.transport = transport;
    this.signs = signs;
    this.queue = new HandlerQueue(services.threads(), services.limits(), this);
  }

  /** The connection is open and welcomed. */
  public void opened() {
    EndpointDefinition.Registration<?> registration = services.endpoint().openedRegistration();
    queue.begin(registration == null ? null : new HandlerTask(registration, "onOpen", null, null));
  }

  /** True while a message waits or is handled. */
  public boolean isBusy() {
    return queue.isBusy();
  }

  /** Messages that wait for their handlers. */
  public int waiting() {
    return queue.waiting();
  }

  /**
   * Called by the timer until it returns true, also after the end: a handler that hangs is found
   * even if its client is gone.
   */
  public boolean checkTimeout(long nowNanos) {
    return queue.checkTimeout(nowNanos);
  }

  /** The close is on its way: read on, so that the client's answer is seen. */
  public void closing() {
    queue.close();
  }

  /**
   * The connection is gone.
   *
   * @param byClient by a close frame of the client: what it has sent before is handled
   */
  public void ended(boolean byClient) {
    signs.ended(System.nanoTime());
    EndpointDefinition.Registration<?> registration = services.endpoint().closedRegistration();
    queue.end(
        byClient,
        registration == null
            ? null
            : new HandlerTask(registration, "onClose", null, connection.ending()));
  }

  /** Something came. */
  void received(long now) {
    signs.received(now);
  }

  /**
   * Takes a whole message.
   *
   * @return false when the connection is not to be read on, until the queue has room
   */
  boolean handle(String text, long now) {
    if (!connection.isOpen()) {
      return true;
    }
    try {
      return read(text, now);
    } catch (RuntimeException | Error e) {
      // Whatever it is, the container must not see it: it would close with 1011 and the exception's
      // text.
      return queue.accept(HandlerTask.refusal(failure(null, "a message", e)));
    }
  }

  private boolean read(String text, long now) {
    Message message = services.endpoint().codec().read(text);
    FrameLog frames = connection.frameLog();
    FrameLog.Frame frame =
        frames == null ? null : frames.received(message, EncodedMessage.utf8Length(text));
    boolean first = !spoken;
    spoken = spoken || !MAY_PRECEDE_RESUME.contains(String.valueOf(message.type()));
    Fault fault = message.fault();
    if (fault != null) {
      services.counts().unknown().add();
      return refuse(message.id(), fault, now);
    }
    String type = String.valueOf(message.type());
    count(type);
    RateLimit limit =
        limits().limit(type, type.equals("auth") && connection.renewal().mayStart(now), now);
    if (limit != null) {
      long wait = limit.take(now);
      if (wait == 0) {
        wait = ClientLimits.takeRest(limit, message.channels(), now);
      }
      if (wait > 0) {
        return overRate(type, message.id(), limit, wait, now);
      }
    }
    EndpointDefinition.Registration<?> registration = services.endpoint().registration(type);
    if (registration != null && !isAllowed(registration)) {
      return refuse(message.id(), MessageForbidden.fault(type), now);
    }
    if (message.payloadFault() != null) {
      return refuse(message.id(), message.payloadFault(), now);
    }
    if (message.failure() != null) {
      return queue.accept(
          HandlerTask.refusal(failure(message.id(), "a message of " + type, message.failure())));
    }
    if (message.data() instanceof ChannelRequest request) {
      return channels(type, message, request, first, frame, now);
    }
    return dispatch(type, message, frame, now);
  }

  private boolean isAllowed(EndpointDefinition.Registration<?> registration) {
    return registration.isOpenTo(connection.connection().user());
  }

  /** A frame of channels whose form is good. */
  private boolean channels(
      String type,
      Message message,
      ChannelRequest request,
      boolean first,
      FrameLog.@Nullable Frame frame,
      long now) {
    if (type.equals("resume") && !first) {
      return refuse(
          message.id(),
          Fault.of(
              ErrorCode.RESUME_NOT_FIRST, "resume must come before any frame but ping, pong, auth"),
          now);
    }
    ClientLimits counted = limits();
    ChannelMessages.Checked checked =
        services
            .channels()
            .check(
                connection,
                type,
                message.id(),
                request,
                (task, read) -> refuseInTurn(task, read, counted, frame));
    if (checked.failure() != null) {
      return queue.accept(
          HandlerTask.refusal(failure(message.id(), "a message of " + type, checked.failure())));
    }
    if (checked.fault() != null || checked.task() == null) {
      return refuse(message.id(), Objects.requireNonNull(checked.fault()), now);
    }
    return queue.accept(checked.task());
  }

  private boolean dispatch(String type, Message message, FrameLog.@Nullable Frame frame, long now) {
    Object data =
        message.data() instanceof Unread unread
            ? new LateData(unread, limits(), frame)
            : message.data();
    switch (type) {
      case "ping" ->
          connection.answerFirst(
              services.frames().pong(message.id(), data instanceof Beat beat ? beat.t() : null));
      case "pong" -> signs.answered(data instanceof Beat beat ? beat.t() : null, now);
      case "auth" -> {
        if (data instanceof Credential credential) {
          connection.renewal().start(message.id(), credential.token(), now);
        }
      }
      default -> {
        EndpointDefinition.Registration<?> registration = services.endpoint().registration(type);
        if (registration != null) {
          return queue.accept(new HandlerTask(registration, type, message.id(), data));
        }
      }
    }
    return true;
  }

  private void count(String type) {
    switch (type) {
      case "ping" -> services.counts().pings().add();
      case "pong" -> services.counts().pongs().add();
      case "auth" -> services.counts().auths().add();
      case "subscribe", "unsubscribe", "resume", "publish", "presence" ->
          services.counts().channels().add();
      default -> {
        EndpointDefinition.Registration<?> registration = services.endpoint().registration(type);
        if (registration != null) {
          registration.meters().received();
        }
      }
    }
  }

  /** Answers in its turn, or at once if the connection closes with it. */
  private boolean refuse(@Nullable String id, Fault fault, long now) {
    boolean tooMany = fault.code().isInvalidMessage() && limits().tooManyInvalid(now);
    EncodedMessage error = services.frames().error(id, fault, RequestId.next());
    if (tooMany && !services.config().mode().isDevelopment()) {
      connection.answer(error);
      connection.close(CloseCode.TOO_MANY_INVALID_MESSAGES, "too_many_invalid_messages");
      return true;
    }
    return queue.accept(HandlerTask.refusal(error));
  }

  /** Answers in the turn of a message whose data was read there, and is refused. */
  private void refuseInTurn(
      HandlerTask task, Message read, ClientLimits counted, FrameLog.@Nullable Frame frame) {
    Fault fault = read.payloadFault();
    EncodedMessage error =
        fault == null
            ? failure(task.id, "a message of " + task.type, Objects.requireNonNull(read.failure()))
            : services.frames().error(task.id, fault, RequestId.next());
    FrameLog log = connection.frameLog();
    if (fault != null && frame != null && log != null) {
      log.refused(frame, fault.code().word());
    }
    if (task.claimAnswer()) {
      connection.answer(error);
    }
    if (fault != null
        && fault.code().isInvalidMessage()
        && counted.tooManyInvalid(System.nanoTime())
        && !services.config().mode().isDevelopment()) {
      connection.close(CloseCode.TOO_MANY_INVALID_MESSAGES, "too_many_invalid_messages");
    }
  }

  private ClientLimits limits() {
    if (limits == null) {
      limits = new ClientLimits(services.config());
    }
    return limits;
  }

  private boolean overRate(
      String type, @Nullable String id, RateLimit limit, long waitNanos, long now) {
    String over =
        String.format(
            "more than %d messages per second (burst %d): %s",
            limit.perSecond(), limit.burst(), limit.overrun(now));
    Fault fault = Fault.of(ErrorCode.RATE_LIMITED, over);
    long retryAfterMs = TimeUnit.NANOSECONDS.toMillis(waitNanos) + 1;
    EncodedMessage error = services.frames().error(id, fault, RequestId.next(), retryAfterMs);
    if (limit.isHopeless(now)) {
      connection.answer(error);
      connection.closeOver(CloseCode.RATE_LIMITED, ErrorCode.RATE_LIMITED.word(), over);
      return true;
    }
    if (limits().isOfApplication(limit)) {
      return queue.accept(HandlerTask.refusal(error));
    }
    if (!type.equals("pong")) {
      connection.answer(error);
    }
    return true;
  }

  /** Tells the log what went wrong before any handler, and gives what the client is told of it. */
  private EncodedMessage failure(@Nullable String id, String what, Throwable cause) {
    String requestId = RequestId.next();
    try {
      log.error(
          "{} could not be read (request {}, connection {})",
          what,
          requestId,
          connection.id(),
          cause);
    } catch (RuntimeException | Error e) {
      // One that fails when it is looked at.
      log.error("{} could not be read: {}", what, cause.getClass().getName());
    }
    return services
        .frames()
        .error(id, Fault.of(ErrorCode.HANDLER_FAILED, what + " could not be read"), requestId);
  }

  @Override
  public @Nullable Object call(HandlerTask task) throws Exception {
    if (task.work != null) {
      return task.work.run(task);
    }
    if (!isAllowed(task.registration)) {
      // The role was taken away while the message waited.
      throw new MessageForbidden(task.type);
    }
    Object data = task.data;
    if (data instanceof LateData late) {
      Message read = services.endpoint().codec().read(late.unread);
      if (read.payloadFault() != null || read.failure() != null) {
        refuseInTurn(task, read, late.counted, late.frame);
        return null;
      }
      if (task.isAnswered()) {
        // What judges the data was late, and others may have been handled since: too late to begin.
        return null;
      }
      data = read.data();
    }
    return task.registration.handle(data, connection.connection());
  }

  @Override
  public void refuse(EncodedMessage refusal) {
    connection.answer(refusal);
  }

  @Override
  public void finished(
      HandlerTask task, @Nullable Object result, @Nullable Throwable failure, boolean more) {
    services.answers().finished(connection, task, result, failure, more);
  }

  @Override
  public void flush() {
    connection.flush();
  }

  @Override
  public void late(HandlerTask task) {
    services.answers().late(connection, task);
  }

  @Override
  public void pause() {
    signs.paused(true, System.nanoTime());
  }

  @Override
  public void resume() {
    signs.paused(false, System.nanoTime());
    transport.demand();
  }
}
