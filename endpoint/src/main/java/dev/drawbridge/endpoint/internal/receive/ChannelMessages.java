package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.ChannelAction;
import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.channels.subscription.Excess;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.message.ChannelRequest;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.message.Message;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import dev.drawbridge.endpoint.internal.message.PayloadType;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import dev.drawbridge.filters.request.RequestId;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of the frames of channels: read and checked by the reading thread, then in their
 * turn by a handler's thread, which may block, then by the tail of the log, which answers. Shared
 * by all connections; immutable.
 */
final class ChannelMessages {
  private static final long RETRY_AFTER_MS = 1_000;

  private final ChannelHub hub;
  private final EndpointDefinition endpoint;
  private final ProtocolFrames frames;

  ChannelMessages(ChannelHub hub, EndpointDefinition endpoint, ProtocolFrames frames) {
    this.hub = hub;
    this.endpoint = endpoint;
    this.frames = frames;
  }

  /**
   * A publish.
   *
   * @param message read, or null when {@code late} reads it
   * @param late reads the message in its turn; null when it is read
   */
  private record Publishing(
      ChannelDefinition rule,
      String channel,
      String type,
      @Nullable Object message,
      @Nullable String key,
      @Nullable Late late) {}

  /** A message whose rules or readers may wait for somebody. */
  private record Late(PayloadType<?> payload, @Nullable String json, InTurn refusal) {}

  /** What is done with a message that was read in its turn, and is refused. */
  interface InTurn {
    void refuse(HandlerTask task, Message read);
  }

  /** What was read of a frame: a task, or why not. */
  record Checked(@Nullable HandlerTask task, @Nullable Fault fault, @Nullable Throwable failure) {
    private static Checked refused(ErrorCode code, String text) {
      return new Checked(null, Fault.of(code, text), null);
    }
  }

  /**
   * Checks what can be checked without asking anybody. Reading thread.
   *
   * @param refusal of what can be checked in its turn alone
   */
  Checked check(
      ReceivingConnection connection,
      String type,
      @Nullable String id,
      Object request,
      InTurn refusal) {
    if (!(request instanceof ChannelRequest.Publish publish)) {
      return task(connection, type, id, (ChannelRequest) request);
    }
    if (!ChannelNames.isValid(publish.channel())) {
      return Checked.refused(ErrorCode.CHANNEL_INVALID, "not the name of a channel");
    }
    if (MessageCodec.isReserved(publish.type())) {
      return Checked.refused(
          ErrorCode.MESSAGE_TYPE_RESERVED, "a reserved type cannot be published");
    }
    if (publish.channel().equals(ChannelNames.OWN)) {
      return Checked.refused(
          ErrorCode.PUBLISH_FORBIDDEN, "only the application publishes to a user's own channel");
    }
    ChannelDefinition rule = endpoint.channelRules().rule(publish.channel());
    if (rule == null) {
      hub.figures().withoutRule(publish.channel());
      return Checked.refused(ErrorCode.CHANNEL_UNKNOWN, "no rule for this channel");
    }
    PayloadType<?> payload = rule.payload(publish.type());
    if (payload == null) {
      return Checked.refused(
          ErrorCode.PUBLISH_FORBIDDEN, "clients may not publish this type in this channel");
    }
    if (!rule.hasRoles(connection.subscriber().user(), ChannelAction.PUBLISH)) {
      // Before the data is looked at, and once more in its turn.
      return Checked.refused(ErrorCode.CHANNEL_FORBIDDEN, sentence(ChannelCode.CHANNEL_FORBIDDEN));
    }
    Late late = payload.isReadInTurn() ? new Late(payload, publish.json(), refusal) : null;
    Object message = null;
    if (late == null) {
      Message inner = endpoint.codec().inner(payload, id, publish.json());
      if (inner.payloadFault() != null || inner.failure() != null) {
        return new Checked(null, inner.payloadFault(), inner.failure());
      }
      message = inner.data();
    }
    Publishing work =
        new Publishing(rule, publish.channel(), publish.type(), message, publish.key(), late);
    return new Checked(
        HandlerTask.answeringItself(type, id, task -> publish(connection, task, work)), null, null);
  }

  private Checked task(
      ReceivingConnection connection, String type, @Nullable String id, ChannelRequest request) {
    return new Checked(
        HandlerTask.answeringItself(type, id, task -> begin(connection, task, request)),
        null,
        null);
  }

  /** The stage completes when the frame is answered: until then, what follows it waits. */
  private CompletionStage<?> begin(
      ReceivingConnection connection, HandlerTask task, ChannelRequest request) {
    Subscriber subscriber = connection.subscriber();
    Reply reply = new Reply(connection, task, false);
    String id = task.id == null ? "" : task.id;
    if (request instanceof ChannelRequest.Register register) {
      hub.register(
          subscriber, id, register.resumes(), register.wanted(), register.presence(), reply);
    } else if (request instanceof ChannelRequest.Unsubscribe unsubscribe) {
      hub.unsubscribe(subscriber, task.id, unsubscribe.names(), reply);
    } else if (request instanceof ChannelRequest.Question question) {
      hub.members(subscriber, id, question.channel(), reply);
    }
    return reply;
  }

  /** Does not wait for the log: what follows is handled meanwhile. */
  private @Nullable Object publish(
      ReceivingConnection connection, HandlerTask task, Publishing work) throws Exception {
    Object message = work.message;
    if (work.late != null) {
      Message inner = endpoint.codec().inner(work.late.payload, task.id, work.late.json);
      if (inner.payloadFault() != null || inner.failure() != null) {
        work.late.refusal.refuse(task, inner);
        return null;
      }
      message = inner.data();
    }
    ChannelCode no = hub.mayPublish(connection.subscriber(), work.channel);
    if (no != null) {
      new Reply(connection, task, false).refused(no, null);
      return null;
    }
    Object published = work.rule.filtered(work.type, message, connection.connection());
    String json = frames.data(published);
    if (!task.claimAnswer()) {
      // Its client was told that it has timed out: nothing may follow.
      return null;
    }
    try {
      hub.publish(
          connection.subscriber(),
          task.id,
          work.channel,
          work.type,
          json,
          work.key,
          new Reply(connection, task, true));
    } catch (RuntimeException | Error e) {
      // It was not taken, and is answered as a handler that fails.
      task.disclaimAnswer();
      throw e;
    }
    return null;
  }

  /** The one answer to a frame. Thread-safe. */
  private final class Reply extends CompletableFuture<Void> implements ChannelHub.Reply {
    private final ReceivingConnection connection;
    private final HandlerTask task;

    /** It answers, and the time-out does not. */
    private final boolean claimed;

    private final AtomicBoolean answered = new AtomicBoolean();

    private Reply(ReceivingConnection connection, HandlerTask task, boolean claimed) {
      this.connection = connection;
      this.task = task;
      this.claimed = claimed;
    }

    @Override
    public boolean claim() {
      return claimed ? !answered.getAndSet(true) : task.claimAnswer();
    }

    @Override
    public void done() {
      complete(null);
    }

    @Override
    public void refused(ChannelCode code, @Nullable Excess excess) {
      if (claim()) {
        connection.answer(
            frames.error(
                task.id,
                Fault.of(word(code), excess == null ? sentence(code) : sentence(excess)),
                RequestId.next(),
                figures(code, excess)));
      }
      complete(null);
    }

    @Override
    public void failed(Throwable cause) {
      completeExceptionally(cause);
    }
  }

  private static Map<String, ?> figures(ChannelCode code, @Nullable Excess excess) {
    if (excess != null) {
      return Map.of("limit", excess.limit(), "current", excess.current());
    }
    return switch (code) {
      case ENGINE_UNAVAILABLE, PUBLISH_QUEUE_FULL, PUBLISH_UNKNOWN ->
          Map.of("retryAfterMs", RETRY_AFTER_MS);
      default -> Map.of();
    };
  }

  private static String sentence(Excess excess) {
    return "at most "
        + excess.limit()
        + " channels of one connection, it would be "
        + excess.current();
  }

  private static ErrorCode word(ChannelCode code) {
    return switch (code) {
      case CHANNEL_INVALID -> ErrorCode.CHANNEL_INVALID;
      case CHANNEL_UNKNOWN -> ErrorCode.CHANNEL_UNKNOWN;
      case CHANNEL_FORBIDDEN -> ErrorCode.CHANNEL_FORBIDDEN;
      case TOO_MANY_CHANNELS -> ErrorCode.TOO_MANY_CHANNELS;
      case PUBLISH_FORBIDDEN -> ErrorCode.PUBLISH_FORBIDDEN;
      case ENGINE_UNAVAILABLE, PUBLISH_QUEUE_FULL -> ErrorCode.ENGINE_UNAVAILABLE;
      case PUBLISH_UNKNOWN -> ErrorCode.PUBLISH_UNKNOWN;
    };
  }

  private static String sentence(ChannelCode code) {
    return switch (code) {
      case CHANNEL_INVALID -> "not the name of a channel";
      case CHANNEL_UNKNOWN -> "no rule for this channel";
      case CHANNEL_FORBIDDEN -> "not allowed in this channel";
      case TOO_MANY_CHANNELS -> "too many channels";
      case PUBLISH_FORBIDDEN -> "clients may not publish this here";
      case ENGINE_UNAVAILABLE -> "what carries channels is out of reach; nothing was published";
      case PUBLISH_QUEUE_FULL -> "too many publishes wait already; nothing was published";
      case PUBLISH_UNKNOWN -> "what carries channels has not answered; it may be published";
    };
  }
}
