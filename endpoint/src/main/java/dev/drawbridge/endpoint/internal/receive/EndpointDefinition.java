package dev.drawbridge.endpoint.internal.receive;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.ChannelRules;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.ConnectionClose;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.HandlerInterceptor;
import dev.drawbridge.endpoint.MessageHandler;
import dev.drawbridge.endpoint.internal.channels.Rules;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import dev.drawbridge.endpoint.internal.message.PlainData;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an application's endpoint does: its message types and their handlers. Immutable. */
public final class EndpointDefinition {

  /** One registered handler. */
  record Registration<T>(
      Class<T> dataClass,
      Execution execution,
      MessageHandler<T> handler,
      RequiredRoles required,
      TypeMeters meters,
      HandlerPace pace) {

    Registration<T> measuredBy(TypeMeters measured) {
      return new Registration<>(dataClass, execution, handler, required, measured, pace);
    }

    /** True for a user who has a role of each set. */
    boolean isOpenTo(User user) {
      return required.areThoseOf(user);
    }

    @SuppressWarnings("NullAway") // Null only for a type registered with Void.
    @Nullable Object handle(@Nullable Object data, Connection connection) throws Exception {
      return handler.handle(dataClass.cast(data), connection);
    }
  }

  private final Map<String, Registration<?>> registrations;
  private final MessageCodec codec;
  private final ChannelRuleSet channels;
  private final @Nullable Registration<?> opened;
  private final @Nullable Registration<?> closed;
  private final List<String> keptHeaders;

  private EndpointDefinition(Builder builder, EndpointMetrics metrics) {
    Map<String, Registration<?>> measured = new HashMap<>();
    builder.registrations.forEach(
        (type, registration) ->
            measured.put(
                type, registration.ended(builder.interceptors).measuredBy(metrics.type(type))));
    this.registrations = Map.copyOf(measured);
    Set<String> atOnce =
        registrations.entrySet().stream()
            .filter(each -> each.getValue().execution() == Execution.READING_THREAD)
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    this.codec =
        builder.codec.build(type -> builder.changesJson || !PlainData.are(Stream.of(type)), atOnce);
    this.channels = new ChannelRuleSet(builder.channels, codec);
    Consumer<Connection> onOpen = builder.opened;
    BiConsumer<Connection, ConnectionClose> onClose = builder.closed;
    this.opened =
        onOpen == null
            ? null
            : ofLife(Void.class, (nothing, connection) -> onOpen.accept(connection));
    this.closed =
        onClose == null
            ? null
            : ofLife(
                ConnectionClose.class, (close, connection) -> onClose.accept(connection, close));
    this.keptHeaders = List.copyOf(builder.keptHeaders);
  }

  private static <T> Registration<T> ofLife(Class<T> data, BiConsumer<T, Connection> action) {
    return new Registration<>(
        data,
        Execution.POOLED,
        (given, connection) -> {
          action.accept(given, connection);
          return null;
        },
        RequiredRoles.NONE,
        TypeMeters.NONE,
        HandlerPace.UNKNOWN);
  }

  @Nullable Registration<?> registration(String type) {
    return registrations.get(type);
  }

  /** The names of the registered types, sorted. */
  public List<String> types() {
    return registrations.keySet().stream().sorted().toList();
  }

  public MessageCodec codec() {
    return codec;
  }

  /** What may be done in which channels. */
  ChannelRuleSet channelRules() {
    return channels;
  }

  /** The same as the room of channels asks for it. */
  public Rules rules() {
    return channels.rules();
  }

  /** What is called before the first message of a connection, null when there is nothing. */
  @Nullable Registration<?> openedRegistration() {
    return opened;
  }

  /** What is called when a connection is gone, null when there is nothing. */
  @Nullable Registration<?> closedRegistration() {
    return closed;
  }

  /** Headers of the handshake that a connection remembers; each once. */
  public List<String> keptHeaders() {
    return keptHeaders;
  }

  /** Collects what the endpoint does. Not thread-safe; used before the first connection only. */
  public static final class Builder implements Endpoint.Builder {
    /** RFC 9110 section 5.6.2. */
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /** May hold a token, a password or a session. */
    private static final Set<String> CREDENTIALS =
        caseless(
            "Authorization", "Proxy-Authorization", "Cookie", "Cookie2", "Sec-WebSocket-Protocol");

    private final Map<String, MessageRegistration<?>> registrations = new HashMap<>();
    private final Map<String, Class<?>> pushed = new HashMap<>();
    private final MessageCodec.Builder codec = MessageCodec.builder();
    private final Map<String, ChannelDefinition> channels = new HashMap<>();
    private final List<HandlerInterceptor> interceptors = new ArrayList<>();
    private final Set<String> keptHeaders = caseless();
    private @Nullable Consumer<Connection> opened;
    private @Nullable BiConsumer<Connection, ConnectionClose> closed;

    /** The application has put something of its own into the reading of JSON. */
    private boolean changesJson;

    private static Set<String> caseless(String... names) {
      Set<String> set = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
      set.addAll(List.of(names));
      return set;
    }

    @Override
    public <T> MessageRegistration<T> on(String type, Class<T> dataClass) {
      codec.type(type, dataClass);
      MessageRegistration<T> registration = new MessageRegistration<>(this, type, dataClass);
      registrations.put(type, registration);
      return registration;
    }

    @Override
    public <T> Endpoint.Builder on(String type, Class<T> dataClass, MessageHandler<T> handler) {
      return on(type, dataClass).handle(handler);
    }

    @Override
    public Builder around(HandlerInterceptor interceptor) {
      interceptors.add(interceptor);
      return this;
    }

    @Override
    public Builder keepHeaders(String... names) {
      for (String name : names) {
        if (!TOKEN.matcher(name).matches()) {
          throw new IllegalArgumentException("keepHeaders must name headers: " + name);
        }
        if (CREDENTIALS.contains(name)) {
          throw new IllegalArgumentException(
              "keepHeaders must not name a header that carries credentials: " + name);
        }
        keptHeaders.add(name);
      }
      return this;
    }

    @Override
    public Builder pushes(String type, Class<?> dataClass) {
      pushed.put(type, dataClass);
      return this;
    }

    @Override
    public Builder channel(String prefix, Consumer<ChannelRules> rules) {
      ChannelDefinition channel = new ChannelDefinition(prefix);
      if (channels.putIfAbsent(prefix, channel) != null) {
        throw new IllegalArgumentException("a prefix must have one rule: " + prefix);
      }
      rules.accept(channel);
      return this;
    }

    @Override
    public Builder onOpen(Consumer<Connection> action) {
      opened = action;
      return this;
    }

    @Override
    public Builder onClose(BiConsumer<Connection, ConnectionClose> action) {
      closed = action;
      return this;
    }

    @Override
    public Builder onClose(Consumer<Connection> action) {
      return onClose((connection, close) -> action.accept(connection));
    }

    @Override
    public Builder json(Consumer<JsonMapper.Builder> change) {
      change.accept(codec.mapper());
      changesJson = true;
      return this;
    }

    /** Classes of the data, by type. */
    public Map<String, Class<?>> received() {
      Map<String, Class<?>> classes = new HashMap<>();
      registrations.forEach((type, one) -> classes.put(type, one.dataClass()));
      return classes;
    }

    /** Classes of the acks, by type, of those types that say so. */
    public Map<String, Class<?>> acks() {
      Map<String, Class<?>> classes = new HashMap<>();
      registrations.forEach(
          (type, one) -> {
            Class<?> ack = one.ackClass();
            if (ack != null) {
              classes.put(type, ack);
            }
          });
      return classes;
    }

    public Map<String, Class<?>> pushed() {
      return pushed;
    }

    /**
     * What is said in the channels of one prefix: classes by type.
     *
     * @param published by clients
     * @param arriving at subscribers
     */
    public record ChannelTypes(Map<String, Class<?>> published, Map<String, Class<?>> arriving) {}

    /** What is said in channels, by prefix. */
    public Map<String, ChannelTypes> channelTypes() {
      Map<String, ChannelTypes> types = new HashMap<>();
      channels.forEach(
          (prefix, one) -> types.put(prefix, new ChannelTypes(one.published(), one.arriving())));
      return types;
    }

    public EndpointDefinition build(EndpointMetrics metrics) {
      return new EndpointDefinition(this, metrics);
    }
  }
}
