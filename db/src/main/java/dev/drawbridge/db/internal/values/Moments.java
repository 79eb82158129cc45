package dev.drawbridge.db.internal.values;

/** Has the way to bind and read points in time on one connection; made when first asked for. */
public interface Moments {
  /** Used by one thread at a time, that of the session. */
  Instants instants();
}
