package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.HandlerInterceptor;
import dev.drawbridge.endpoint.MessageHandler;
import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The registration of one type while it is being written. Not thread-safe. */
final class MessageRegistration<T> implements Endpoint.MessageType<T> {
  private final EndpointDefinition.Builder endpoint;
  private final String type;
  private final Class<T> dataClass;

  private RequiredRoles roles = RequiredRoles.NONE;

  private Execution execution = Execution.POOLED;

  /** Null when nothing was said. */
  private @Nullable Class<?> ackClass;

  /** Null until the registration has ended. */
  private @Nullable MessageHandler<T> handler;

  MessageRegistration(EndpointDefinition.Builder endpoint, String type, Class<T> dataClass) {
    this.endpoint = endpoint;
    this.type = type;
    this.dataClass = dataClass;
  }

  @Override
  public MessageRegistration<T> ack(Class<?> ackClass) {
    this.ackClass = ackClass;
    return this;
  }

  @Override
  public MessageRegistration<T> onReadingThread() {
    execution = Execution.READING_THREAD;
    return this;
  }

  @Override
  public MessageRegistration<T> requires(String... oneOf) {
    roles = roles.and(oneOf);
    return this;
  }

  @Override
  public Endpoint.Builder handle(MessageHandler<T> handler) {
    if (this.handler != null) {
      throw new IllegalStateException("a type must have one handler: " + type);
    }
    this.handler = handler;
    return endpoint;
  }

  Class<T> dataClass() {
    return dataClass;
  }

  @Nullable Class<?> ackClass() {
    return ackClass;
  }

  /**
   * What the endpoint calls, without its meters.
   *
   * @throws IllegalStateException if {@link #handle} was not called
   */
  EndpointDefinition.Registration<T> ended(List<HandlerInterceptor> interceptors) {
    MessageHandler<T> last = handler;
    if (last == null) {
      throw new IllegalStateException(
          "a registration must end with handle(…): on(\"" + type + "\", …)");
    }
    return new EndpointDefinition.Registration<>(
        dataClass,
        execution,
        Interception.around(interceptors, type, last),
        roles,
        TypeMeters.NONE,
        new HandlerPace());
  }
}
