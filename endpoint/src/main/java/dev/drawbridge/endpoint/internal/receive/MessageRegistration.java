package dev.drawbridge.endpoint.internal.receive;

import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.HandlerInterceptor;
import dev.drawbridge.endpoint.MessageHandler;
import dev.drawbridge.endpoint.internal.metrics.TypeMeters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The registration of one type while it is being written. Not thread-safe. */
final class MessageRegistration<T> implements Endpoint.MessageType<T> {
  private final EndpointDefinition.Builder endpoint;
  private final String type;
  private final Class<T> dataClass;

  /** One of each must be the user's. */
  private final List<Set<String>> roles = new ArrayList<>();

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
    if (oneOf.length == 0 || Arrays.stream(oneOf).anyMatch(String::isBlank)) {
      throw new IllegalArgumentException(
          "requires must name roles, none of them blank: " + Arrays.toString(oneOf));
    }
    roles.add(Set.of(Arrays.stream(oneOf).distinct().toArray(String[]::new)));
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
        List.copyOf(roles),
        TypeMeters.NONE);
  }
}
