package dev.drawbridge.db.user;

/** Undoes a registration; closing twice is harmless. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
  @Override
  void close();
}
