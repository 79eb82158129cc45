package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.ChannelAction;
import dev.drawbridge.endpoint.ChannelAuthorizer;
import dev.drawbridge.endpoint.ChannelMessageFilter;
import dev.drawbridge.endpoint.ChannelRules;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.internal.channels.Rule;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import dev.drawbridge.endpoint.internal.message.PayloadType;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rule of one prefix, as the application has given it. Immutable once the endpoint is built.
 */
final class ChannelDefinition implements ChannelRules, Rule {

  /** A type that clients may publish. */
  private record Published<T>(Class<T> dataClass, @Nullable ChannelMessageFilter<T> filter) {
    @Nullable Object filtered(@Nullable Object message, Connection connection) throws Exception {
      return filter == null || message == null
          ? message
          : filter.apply(dataClass.cast(message), connection);
    }
  }

  private final String prefix;
  private final Map<String, Published<?>> types = new HashMap<>();
  private final Map<String, Class<?>> pushed = new HashMap<>();
  private final Map<String, PayloadType<?>> payloads = new HashMap<>();
  private final Map<ChannelAction, RequiredRoles> roles = new EnumMap<>(ChannelAction.class);

  /** Null when roles alone decide. */
  private @Nullable ChannelAuthorizer authorizer;

  private boolean presence;

  ChannelDefinition(String prefix) {
    if (!prefix.isEmpty()
        && (!ChannelNames.isValid(prefix) || prefix.startsWith(ChannelNames.OWN))) {
      throw new IllegalArgumentException(
          "the prefix of a channel must be empty or begin a valid name, and not with ~: " + prefix);
    }
    this.prefix = prefix;
  }

  @Override
  public ChannelRules authorize(ChannelAuthorizer says) {
    authorizer = says;
    return this;
  }

  @Override
  public ChannelRules requires(String... oneOf) {
    for (ChannelAction action : ChannelAction.values()) {
      requires(action, oneOf);
    }
    return this;
  }

  @Override
  public ChannelRules requires(ChannelAction action, String... oneOf) {
    roles.put(action, required(action).and(oneOf));
    return this;
  }

  private RequiredRoles required(ChannelAction action) {
    return roles.getOrDefault(action, RequiredRoles.NONE);
  }

  @Override
  public <T> ChannelRules clientPublish(String type, Class<T> dataClass) {
    return add(type, new Published<>(dataClass, null));
  }

  @Override
  public <T> ChannelRules clientPublish(
      String type, Class<T> dataClass, ChannelMessageFilter<T> filter) {
    return add(type, new Published<>(dataClass, filter));
  }

  private ChannelRules add(String type, Published<?> published) {
    MessageCodec.requireApplicationType(type);
    if (types.putIfAbsent(type, published) != null) {
      throw new IllegalArgumentException(
          "a type must be published once in the channels of " + prefix + ": " + type);
    }
    return this;
  }

  @Override
  public ChannelRules pushes(String type, Class<?> dataClass) {
    MessageCodec.requireApplicationType(type);
    if (pushed.putIfAbsent(type, dataClass) != null) {
      throw new IllegalArgumentException(
          "what is pushed in the channels of " + prefix + " must be said once: " + type);
    }
    return this;
  }

  /** Classes of what clients publish, by type. */
  Map<String, Class<?>> published() {
    Map<String, Class<?>> classes = new HashMap<>();
    types.forEach((type, one) -> classes.put(type, one.dataClass()));
    return classes;
  }

  /** Classes of what arrives, by type. */
  Map<String, Class<?>> arriving() {
    Map<String, Class<?>> classes = published();
    classes.putAll(pushed);
    return classes;
  }

  @Override
  public ChannelRules presence() {
    presence = true;
    return this;
  }

  /** Called once, when the application has said all. */
  ChannelDefinition finish(MessageCodec codec) {
    if (authorizer == null && !areRolesEnough()) {
      throw new IllegalArgumentException(
          "the channels of "
              + prefix
              + " need an authorizer, or roles for all that can be done there:"
              + " rules.authorize(...), rules.requires(...)");
    }
    types.forEach((type, one) -> payloads.put(type, codec.payload(type, one.dataClass())));
    return this;
  }

  private boolean areRolesEnough() {
    return !required(ChannelAction.SUBSCRIBE).isEmpty()
        && (types.isEmpty() || !required(ChannelAction.PUBLISH).isEmpty())
        && (!presence || !required(ChannelAction.PRESENCE).isEmpty());
  }

  /** True for a user who has the roles for it; the authorizer is not asked. */
  boolean hasRoles(User user, ChannelAction action) {
    return required(action).areThoseOf(user);
  }

  /** What a type is read by; null when clients may not publish it. */
  @Nullable PayloadType<?> payload(String type) {
    return payloads.get(type);
  }

  /** What is published in its place. May block. */
  @Nullable Object filtered(String type, @Nullable Object message, Connection connection)
      throws Exception {
    return Objects.requireNonNull(types.get(type)).filtered(message, connection);
  }

  @Override
  public Set<String> allowed(Subscriber subscriber, Action action, Collection<String> channels)
      throws Exception {
    ChannelAction what =
        switch (action) {
          case SUBSCRIBE -> ChannelAction.SUBSCRIBE;
          case PUBLISH -> ChannelAction.PUBLISH;
          case PRESENCE -> ChannelAction.PRESENCE;
        };
    User user = subscriber.user();
    if (!hasRoles(user, what)) {
      return Set.of();
    }
    Set<String> asked = new LinkedHashSet<>(channels);
    return authorizer == null ? asked : authorizer.allowed(user, what, asked);
  }

  @Override
  public Both subscribeAndSee(Subscriber subscriber, Collection<String> channels) throws Exception {
    User user = subscriber.user();
    if (authorizer == null
        || !hasRoles(user, ChannelAction.SUBSCRIBE)
        || !hasRoles(user, ChannelAction.PRESENCE)) {
      return Rule.super.subscribeAndSee(subscriber, channels);
    }
    Map<ChannelAction, Set<String>> answer =
        authorizer.allowed(
            user,
            List.of(ChannelAction.SUBSCRIBE, ChannelAction.PRESENCE),
            new LinkedHashSet<>(channels));
    return new Both(
        answer.getOrDefault(ChannelAction.SUBSCRIBE, Set.of()),
        answer.getOrDefault(ChannelAction.PRESENCE, Set.of()));
  }

  @Override
  public boolean hasPresence() {
    return presence;
  }
}
