package dev.drawbridge.endpoint;

import org.jspecify.annotations.Nullable;

/**
 * Code around the handlers of all message types, for what they have in common: transactions,
 * tracing, a check. Called on the thread of the handler, so around a handler on the reading thread
 * it must not block either; by many threads at once for different connections.
 */
@FunctionalInterface
public interface HandlerInterceptor {

  /** The handling of one message. Used by the thread that it is given to, until that returns. */
  interface Call {
    /** The registered type, such as {@code chat.send}. */
    String type();

    /** The data, checked; null for a type registered with {@code Void}. */
    @Nullable Object data();

    /** Where the message came from. */
    Connection connection();

    /**
     * Calls the next interceptor or, from the last one, the handler.
     *
     * @return what {@link MessageHandler#handle} returned
     * @throws IllegalStateException if it is called a second time
     * @throws Exception whatever the handler throws
     */
    @Nullable Object proceed() throws Exception;
  }

  /**
   * Handles one message by {@link Call#proceed()}, or without it.
   *
   * @return as for {@link MessageHandler#handle}: usually what {@code proceed} returned. A {@code
   *     CompletionStage} may still be running then
   * @throws MessageRefused to answer with a code of one's own
   * @throws Exception as for {@link MessageHandler#handle}
   */
  @Nullable Object around(Call call) throws Exception;
}
