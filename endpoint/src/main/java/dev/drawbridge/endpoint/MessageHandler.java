package dev.drawbridge.endpoint;

import org.jspecify.annotations.Nullable;

/**
 * What an application does with the messages of one type. Called by one thread at a time for each
 * connection, in the order of the messages, and by many at once for different connections.
 *
 * @param <T> the class of the data
 */
@FunctionalInterface
public interface MessageHandler<T> {
  /**
   * Handles one message.
   *
   * @param message the data, checked; null only for a type registered with {@code Void}
   * @param connection where it came from
   * @return what becomes the data of the {@code ack}; null for an empty one; a {@code
   *     CompletionStage} to answer when it completes
   * @throws dev.drawbridge.endpoint.MessageRefused to answer with a code of one's own
   * @throws Exception anything else answers {@code handler_failed}; the trace is only logged
   */
  @Nullable Object handle(T message, Connection connection) throws Exception;
}
