package dev.drawbridge.endpoint;

/**
 * What may be done in the channels of one prefix. Not thread-safe; used before the first connection
 * only. See {@link Endpoint.Builder#channel}.
 */
public interface ChannelRules {
  /**
   * Says who may do what. Required, unless {@link #requires} says it of all that can be done there.
   */
  ChannelRules authorize(ChannelAuthorizer authorizer);

  /**
   * Answers {@code channel_forbidden} to users who have none of these roles, whatever they want to
   * do there, before the authorizer is asked; who loses the role while subscribed is unsubscribed.
   * Called several times, one of each is needed.
   *
   * @param oneOf compared exactly with {@link dev.drawbridge.db.user.User#roles()}
   * @throws IllegalArgumentException if none is named, or one is blank
   */
  ChannelRules requires(String... oneOf);

  /** The same for one action, beside what is required for all. */
  ChannelRules requires(ChannelAction action, String... oneOf);

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

  /**
   * Says what the application publishes there, for {@link MessageMap}; publishing needs no such
   * word. Where clients publish the type too, this is what arrives, after the filter.
   *
   * @throws IllegalArgumentException if the type breaks a rule or was said already
   */
  ChannelRules pushes(String type, Class<?> dataClass);

  /** Makes subscribers members, whom others can see where the authorizer allows it. */
  ChannelRules presence();
}
