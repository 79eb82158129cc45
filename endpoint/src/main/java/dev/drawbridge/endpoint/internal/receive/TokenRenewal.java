package dev.drawbridge.endpoint.internal.receive;

import org.jspecify.annotations.Nullable;

/** Takes the messages {@code auth}. Called by the reading thread only. */
public interface TokenRenewal {
  /** True if the last one was so long ago that another one may begin. */
  boolean mayStart(long nowNanos);

  /** Begins with one; answers by itself, later and on another thread. */
  void start(@Nullable String id, String token, long nowNanos);
}
