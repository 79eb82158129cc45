package dev.drawbridge.endpoint.internal.channels.subscription;

import java.util.Locale;

/** Why a client has to load anew what its channels show. Immutable. */
public enum Resync {
  EPOCH_CHANGED,
  TOO_OLD,
  TOO_MANY,
  NODE_BEHIND;

  /** As it stands in frames. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
