package dev.drawbridge.bench.load.cluster;

import java.io.IOException;

/** What carries messages from server to server: a process of its own. Used by one thread. */
interface Carrier extends AutoCloseable {
  /** Where servers find it. */
  String url();

  /** Processor time since its start. */
  long cpuNanos();

  /** Ends it at once, as a crash does. */
  void kill() throws IOException;

  /** After {@link #kill}. */
  void startAgain() throws IOException;

  /** Calls of clients since its start; -1 where nobody counts them. */
  long calls() throws IOException;

  @Override
  void close();
}
