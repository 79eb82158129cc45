package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.ErrorCode;
import dev.drawbridge.endpoint.MessageRefused;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.message.Surrogates;
import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import dev.drawbridge.filters.request.RequestId;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the client is told of its message when the handler is done with it, has failed, or is late:
 * one answer, by whichever comes first. Shared by all connections; immutable.
 */
final class HandlerAnswers {
  private static final Logger log = LoggerFactory.getLogger(HandlerAnswers.class);

  private final EndpointConfig config;
  private final ProtocolFrames frames;

  HandlerAnswers(EndpointConfig config, ProtocolFrames frames) {
    this.config = config;
    this.frames = frames;
  }

  /**
   * Answers for a handler that is done.
   *
   * @param more true if another answer follows at once, for which this one may wait
   */
  void finished(
      ReceivingConnection connection,
      HandlerTask task,
      @Nullable Object result,
      @Nullable Throwable failure,
      boolean more) {
    if (task.work != null && failure == null) {
      // It answers itself, perhaps later.
      return;
    }
    if (!task.claimAnswer()) {
      return;
    }
    if (failure != null) {
      failed(connection, task, failure);
      return;
    }
    if (task.id != null) {
      EncodedMessage ack;
      try {
        ack = frames.ack(task.id, result);
      } catch (RuntimeException | Error e) {
        failed(connection, task, e);
        return;
      }
      connection.answer(ack, more);
    }
    task.handled(TypeMeters.Outcome.OK);
  }

  private void failed(ReceivingConnection connection, HandlerTask task, Throwable failure) {
    boolean wrapped =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    Throwable inside = wrapped ? failure.getCause() : null;
    Throwable cause = inside == null ? failure : inside;
    if (cause instanceof MessageForbidden) {
      task.handled(TypeMeters.Outcome.REFUSED);
      connection.answer(frames.error(task.id, MessageForbidden.fault(task.type), RequestId.next()));
      return;
    }
    if (cause instanceof MessageRefused refusal && !Surrogates.isBroken(refusal.text())) {
      task.handled(TypeMeters.Outcome.REFUSED);
      connection.answer(frames.error(task.id, refusal.code(), refusal.text()));
      return;
    }
    task.handled(TypeMeters.Outcome.FAILED);
    String requestId = RequestId.next();
    Fault fault = Fault.of(ErrorCode.HANDLER_FAILED, "the handler of " + task.type + " failed");
    // Before the log, which may stumble over an exception of the application's own make.
    connection.answer(frames.error(task.id, fault, requestId));
    log.error(
        "the handler of {} failed (request {}, connection {})",
        task.type,
        requestId,
        connection.id(),
        cause);
  }

  void late(ReceivingConnection connection, HandlerTask task) {
    if (!task.claimAnswer()) {
      return;
    }
    task.handled(TypeMeters.Outcome.TIMEOUT);
    String requestId = RequestId.next();
    String limit = config.handlerTimeout().toMillis() + " ms";
    log.warn(
        "the handler of {} has not returned within {} (request {}, connection {})",
        task.type,
        limit,
        requestId,
        connection.id());
    Fault fault =
        Fault.of(
            ErrorCode.HANDLER_TIMEOUT,
            "the handler of " + task.type + " has not returned within " + limit);
    connection.answer(frames.error(task.id, fault, requestId));
  }
}
