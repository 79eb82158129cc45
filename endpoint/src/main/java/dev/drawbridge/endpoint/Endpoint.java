package dev.drawbridge.endpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What an application's endpoint does: its message types and their handlers. */
public final class Endpoint {
  private Endpoint() {}

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

  /** Collects what the endpoint does. Not thread-safe; used before the first connection only. */
  public interface Builder {
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
    <T> Builder on(String type, Class<T> dataClass, MessageHandler<T> handler);

    /**
     * Registers a handler that may block, and says what its ack holds; {@link MessageMap} tells the
     * page's types.
     *
     * @param ackClass what the handler returns, {@code Void} for nothing
     */
    <T> Builder on(String type, Class<T> dataClass, Class<?> ackClass, MessageHandler<T> handler);

    /**
     * Says what the application sends of its own accord, for {@link MessageMap}; sending needs no
     * such word.
     */
    Builder pushes(String type, Class<?> dataClass);

    /** Registers a handler and says where it runs. */
    <T> Builder on(String type, Class<T> dataClass, Execution execution, MessageHandler<T> handler);

    /**
     * Says what may be done in channels; the rule of the longest prefix counts, and a channel
     * without one is refused. A user's own channel {@code ~} needs none. PROTOCOL.md section 11.
     *
     * @param prefix of their names, for example {@code room:}; empty for all others
     * @throws IllegalArgumentException if the prefix begins no valid name, or has a rule already
     */
    Builder channel(String prefix, Consumer<ChannelRules> rules);

    /**
     * Called once for each connection, after its {@code welcome} and before its first message; may
     * block.
     */
    Builder onOpen(Consumer<Connection> action);

    /**
     * Called once for each connection that was opened, after it is gone, with how it ended; may
     * block. It comes after {@link #onOpen}, after the handler that runs at that moment, and after
     * all that the client has sent before its own close, unless a handler is late and does not
     * return.
     */
    Builder onClose(BiConsumer<Connection, ConnectionClose> action);

    /** The same for an action that does not ask how it ended. */
    Builder onClose(Consumer<Connection> action);

    /** Changes how data becomes Java and back, for example by a module. */
    Builder json(Consumer<JsonMapper.Builder> change);
  }
}
