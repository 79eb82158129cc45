package dev.drawbridge.dropin;

/** A container as its distribution starts it, with one WAR at the root. */
interface StandAloneServer extends AutoCloseable {
  int port();

  ServerProcess process();

  /** Puts the same WAR there once more, and waits until the container has taken it. */
  void redeploy() throws Exception;

  default String log() {
    return process().log();
  }

  @Override
  default void close() {
    process().close();
  }
}
