package dev.drawbridge.endpoint;

/**
 * What may be done in the channels of one prefix. Not thread-safe; used before the first connection
 * only. See {@link Endpoint.Builder#channel}.
 */
public interface ChannelRules {
  /** Says who may do what. Required. */
  ChannelRules authorize(ChannelAuthorizer authorizer);

  /**
   * Lets clients publish a type, where the authorizer allows it. Without it, only the application
   * publishes.
   *
   * @param type as of {@link Endpoint.Builder#on}
   * @param dataClass as there
   * @throws IllegalArgumentException if the type breaks a rule or is there already
   */
  <T> ChannelRules clientPublish(String type, Class<T> dataClass);

  /** The same, with a look at each message before it is published. */
  <T> ChannelRules clientPublish(String type, Class<T> dataClass, ChannelMessageFilter<T> filter);

  /** Makes subscribers members, whom others can see where the authorizer allows it. */
  ChannelRules presence();
}
