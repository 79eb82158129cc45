package dev.drawbridge.endpoint;

/** Looks at what a client publishes before it is in the log. */
@FunctionalInterface
public interface ChannelMessageFilter<T> {
  /**
   * Called on a handler's thread, after the authorizer has allowed it; may block.
   *
   * @return what is published in its place, with more members perhaps
   * @throws MessageRefused to refuse it with a code of the application's own
   */
  Object apply(T message, Connection connection) throws Exception;
}
