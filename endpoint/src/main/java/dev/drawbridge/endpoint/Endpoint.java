package dev.drawbridge.endpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What an application's endpoint does: its message types and their handlers. */
public final class Endpoint {
  private Endpoint() {}

  /** Collects what the endpoint does. Not thread-safe; used before the first connection only. */
  public interface Builder {
    /**
     * Begins the registration of a type, which {@link MessageType#handle} ends.
     *
     * @param type lower-case words joined by {@code .}, {@code _} or {@code -}, at most 64
     *     characters, not reserved by the protocol, registered once
     * @param dataClass what the data is bound to: a record, {@code JsonNode} for any JSON, {@code
     *     Void} for none. A record's components are required unless they are {@code Optional} or
     *     {@code @Nullable}; unknown members are refused unless the record carries {@code
     *     JsonIgnoreProperties(ignoreUnknown = true)}
     * @throws IllegalArgumentException if the type breaks a rule
     */
    <T> MessageType<T> on(String type, Class<T> dataClass);

    /** Short for {@code on(type, dataClass).handle(handler)}. */
    <T> Builder on(String type, Class<T> dataClass, MessageHandler<T> handler);

    /**
     * Puts code around every handler of this endpoint, also of those registered before. The first
     * one is the outermost. {@link #onOpen} and {@link #onClose} are not among them, nor what
     * {@link MessageType#requires} refuses.
     */
    Builder around(HandlerInterceptor interceptor);

    /**
     * Names request headers that {@link Connection#handshake()} shall know; they are kept as long
     * as the connection is there.
     *
     * @param names in any case
     * @throws IllegalArgumentException if one is no header's name, or carries credentials
     */
    Builder keepHeaders(String... names);

    /**
     * Says what the application sends of its own accord, for {@link MessageMap}; sending needs no
     * such word.
     */
    Builder pushes(String type, Class<?> dataClass);

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
     * return. It has the time of a handler, and is interrupted like one.
     */
    Builder onClose(BiConsumer<Connection, ConnectionClose> action);

    /** The same for an action that does not ask how it ended. */
    Builder onClose(Consumer<Connection> action);

    /** Changes how data becomes Java and back, for example by a module. */
    Builder json(Consumer<JsonMapper.Builder> change);
  }

  /**
   * The registration of one type: what it asks for and where its handler runs. Not thread-safe.
   *
   * @param <T> the class of the data
   */
  public interface MessageType<T> {
    /**
     * Says what the ack holds, for {@link MessageMap}; answering needs no such word.
     *
     * @param ackClass what the handler returns, {@code Void} for nothing
     */
    MessageType<T> ack(Class<?> ackClass);

    /**
     * Runs the handler on the thread that reads the connection, when no earlier message is being
     * handled: for handlers that never block and take microseconds. While one runs, the connection
     * is not read, nor are others: where the container allows it, the thread is the one that
     * watches all sockets, so that no frame waits for another thread to wake. What reads and judges
     * its data runs there, too. Without this word the handler runs on a pool and may block.
     */
    MessageType<T> onReadingThread();

    /**
     * Answers {@code message_forbidden} to users who have none of these roles, before the data is
     * looked at and once more when the message's turn comes. Called several times, one of each is
     * needed.
     *
     * @param oneOf compared exactly with {@link dev.drawbridge.db.user.User#roles()}
     * @throws IllegalArgumentException if none is named, or one is blank
     */
    MessageType<T> requires(String... oneOf);

    /**
     * Ends the registration.
     *
     * @return the builder of the endpoint
     * @throws IllegalStateException if it has ended before
     */
    Builder handle(MessageHandler<T> handler);
  }
}
