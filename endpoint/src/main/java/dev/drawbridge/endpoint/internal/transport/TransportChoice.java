package dev.drawbridge.endpoint.internal.transport;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which way frames take through the container. Immutable.
 *
 * @param traits of the way
 * @param why a phrase
 * @param ofRelease what this release of the container cannot do, and what helps; null when nothing
 *     is known
 */
public record TransportChoice(
    Traits traits, String why, @Nullable String ofRelease, @Nullable String quicker) {
  /** One beside which there is no quicker way. */
  public TransportChoice(Traits traits, String why, @Nullable String ofRelease) {
    this(traits, why, ofRelease, null);
  }

  /** Such as {@code jetty-direct}. */
  public String way() {
    return traits.way();
  }

  /** What it cannot do, in one line; null when it can all. */
  public @Nullable String weaker() {
    List<String> weaker = new ArrayList<>();
    if (ofRelease != null) {
      weaker.add(ofRelease);
    }
    for (Promise promise : Promise.values()) {
      traits.weaker(promise).ifPresent(instead -> weaker.add(promise.text() + ": " + instead));
    }
    return weaker.isEmpty() ? null : String.join("; ", weaker).replace("`", "");
  }

  /**
   * Whether it keeps what not every way keeps, for the tests of the containers.
   *
   * @param promise the name of a {@link Promise}
   */
  public boolean keeps(String promise) {
    return traits.weaker(Promise.valueOf(promise)).isEmpty();
  }

  @Override
  public String toString() {
    return way() + ": " + why;
  }
}
