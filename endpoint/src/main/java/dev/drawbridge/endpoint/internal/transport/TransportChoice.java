package dev.drawbridge.endpoint.internal.transport;

import org.jspecify.annotations.Nullable;

/**
 * Which way frames take through the container. Immutable.
 *
 * @param way such as {@code jetty-direct}
 * @param why a phrase
 * @param weaker what this way cannot do, and what helps; null when nothing is known
 */
public record TransportChoice(String way, String why, @Nullable String weaker) {
  @Override
  public String toString() {
    return way + ": " + why;
  }
}
