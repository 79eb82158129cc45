package dev.drawbridge.endpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.message.MessageCodec;
import dev.drawbridge.endpoint.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.metrics.TypeMeters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What an application's endpoint does: its message types and their handlers. Immutable. */
public final class Endpoint {

  /** Where a handler runs. */
  public enum Execution {
    /** On a thread of its own pool: the handler may block. */
    POOLED,
    /**
     * On the thread that reads the connection, when no earlier message is being handled: for
     * handlers that never block and take microseconds. While one runs, the connection is not read,
     * nor are others: where Jetty allows it, the thread is the one that watches all sockets, so
     * that no frame waits for another thread to wake.
     */
    READING_THREAD
  }

  /** One registered handler. */
  record Registration<T>(
      Class<T> dataClass, Execution execution, MessageHandler<T> handler, TypeMeters meters) {

    Registration<T> measuredBy(TypeMeters measured) {
      return new Registration<>(dataClass, execution, handler, measured);
    }

    @SuppressWarnings("NullAway") // Null only for a type registered with Void.
    @Nullable Object handle(@Nullable Object data, Connection connection) throws Exception {
      return handler.handle(dataClass.cast(data), connection);
    }
  }

  private final Map<String, Registration<?>> registrations;
  private final MessageCodec codec;
  private final @Nullable Registration<?> opened;
  private final @Nullable BiConsumer<Connection, ConnectionClose> closed;

  private Endpoint(Builder builder, EndpointMetrics metrics) {
    Map<String, Registration<?>> measured = new HashMap<>();
    builder.registrations.forEach(
        (type, registration) -> measured.put(type, registration.measuredBy(metrics.type(type))));
    this.registrations = Map.copyOf(measured);
    this.codec = builder.codec.build();
    this.opened = builder.opened == null ? null : registration(builder.opened);
    this.closed = builder.closed;
  }

  private static Registration<?> registration(Consumer<Connection> opened) {
    return new Registration<>(
        Void.class,
        Execution.POOLED,
        (nothing, connection) -> {
          opened.accept(connection);
          return null;
        },
        TypeMeters.NONE);
  }

  @Nullable Registration<?> registration(String type) {
    return registrations.get(type);
  }

  /** The names of the registered types, sorted. */
  List<String> types() {
    return registrations.keySet().stream().sorted().toList();
  }

  MessageCodec codec() {
    return codec;
  }

  /** True if some type's handler runs on the thread that reads: then that may be the selector. */
  boolean readsWithoutBlocking() {
    return registrations.values().stream()
        .anyMatch(each -> each.execution() == Execution.READING_THREAD);
  }

  /** What is called before the first message of a connection, null when there is nothing. */
  @Nullable Registration<?> openedRegistration() {
    return opened;
  }

  /** What is called when a connection is gone, null when there is nothing. */
  @Nullable BiConsumer<Connection, ConnectionClose> closed() {
    return closed;
  }

  /** Collects what the endpoint does. Not thread-safe; used before the first connection only. */
  public static final class Builder {
    private final Map<String, Registration<?>> registrations = new HashMap<>();
    private final Map<String, Class<?>> acks = new HashMap<>();
    private final Map<String, Class<?>> pushed = new HashMap<>();
    private final MessageCodec.Builder codec = MessageCodec.builder();
    private @Nullable Consumer<Connection> opened;
    private @Nullable BiConsumer<Connection, ConnectionClose> closed;

    Builder() {}

    /**
     * Registers a handler that may block.
     *
     * @param type lower-case words joined by {@code .}, {@code _} or {@code -}, at most 64
     *     characters, not reserved by the protocol, registered once
     * @param dataClass what the data is bound to: a record, {@code JsonNode} for any JSON, {@code
     *     Void} for none. A record's components are required unless they are {@code Optional} or
     *     {@code @Nullable}; unknown members are refused unless the record carries {@code
     *     JsonIgnoreProperties(ignoreUnknown = true)}
     * @throws IllegalArgumentException if the type breaks a rule
     */
    public <T> Builder on(String type, Class<T> dataClass, MessageHandler<T> handler) {
      return on(type, dataClass, Execution.POOLED, handler);
    }

    /**
     * Registers a handler that may block, and says what its ack holds; {@link MessageMap} tells the
     * page's types.
     *
     * @param ackClass what the handler returns, {@code Void} for nothing
     */
    public <T> Builder on(
        String type, Class<T> dataClass, Class<?> ackClass, MessageHandler<T> handler) {
      acks.put(type, ackClass);
      return on(type, dataClass, handler);
    }

    /**
     * Says what the application sends of its own accord, for {@link MessageMap}; sending needs no
     * such word.
     */
    public Builder pushes(String type, Class<?> dataClass) {
      pushed.put(type, dataClass);
      return this;
    }

    /** Registers a handler and says where it runs. */
    public <T> Builder on(
        String type, Class<T> dataClass, Execution execution, MessageHandler<T> handler) {
      codec.type(type, dataClass);
      registrations.put(type, new Registration<>(dataClass, execution, handler, TypeMeters.NONE));
      return this;
    }

    /**
     * Called once for each connection, after its {@code welcome} and before its first message; may
     * block.
     */
    public Builder onOpen(Consumer<Connection> action) {
      opened = action;
      return this;
    }

    /**
     * Called once for each connection that was opened, after it is gone, with how it ended; may
     * block. It comes after {@link #onOpen}, after the handler that runs at that moment, and after
     * all that the client has sent before its own close, unless a handler is late and does not
     * return.
     */
    public Builder onClose(BiConsumer<Connection, ConnectionClose> action) {
      closed = action;
      return this;
    }

    /** The same for an action that does not ask how it ended. */
    public Builder onClose(Consumer<Connection> action) {
      return onClose((connection, close) -> action.accept(connection));
    }

    /** Changes how data becomes Java and back, for example by a module. */
    public Builder json(Consumer<JsonMapper.Builder> change) {
      change.accept(codec.mapper());
      return this;
    }

    /** Classes of the data, by type. */
    Map<String, Class<?>> received() {
      Map<String, Class<?>> classes = new HashMap<>();
      registrations.forEach((type, one) -> classes.put(type, one.dataClass()));
      return classes;
    }

    Map<String, Class<?>> acks() {
      return acks;
    }

    Map<String, Class<?>> pushed() {
      return pushed;
    }

    Endpoint build(EndpointMetrics metrics) {
      return new Endpoint(this, metrics);
    }
  }
}
