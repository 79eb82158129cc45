package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.HandlerInterceptor;
import dev.drawbridge.endpoint.MessageHandler;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message on its way through the interceptors: what the next of them is given. Used by the
 * thread that handles the message.
 */
final class Interception<T> implements HandlerInterceptor.Call {
  private final List<HandlerInterceptor> interceptors;
  private final String type;
  private final MessageHandler<T> handler;
  private final T data;
  private final Connection connection;

  /** Who is called by {@link #proceed}; the handler after the last. */
  private final int next;

  private boolean proceeded;

  private Interception(
      List<HandlerInterceptor> interceptors,
      String type,
      MessageHandler<T> handler,
      T data,
      Connection connection,
      int next) {
    this.interceptors = interceptors;
    this.type = type;
    this.handler = handler;
    this.data = data;
    this.connection = connection;
    this.next = next;
  }

  /** A handler with all interceptors around it, the first outermost. */
  static <T> MessageHandler<T> around(
      List<HandlerInterceptor> interceptors, String type, MessageHandler<T> handler) {
    if (interceptors.isEmpty()) {
      return handler;
    }
    List<HandlerInterceptor> all = List.copyOf(interceptors);
    return (data, connection) ->
        new Interception<>(all, type, handler, data, connection, 0).proceed();
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public @Nullable Object data() {
    return data;
  }

  @Override
  public Connection connection() {
    return connection;
  }

  @Override
  public @Nullable Object proceed() throws Exception {
    if (proceeded) {
      throw new IllegalStateException("proceed must be called once for a message: " + type);
    }
    proceeded = true;
    return next == interceptors.size()
        ? handler.handle(data, connection)
        : interceptors
            .get(next)
            .around(new Interception<>(interceptors, type, handler, data, connection, next + 1));
  }
}
