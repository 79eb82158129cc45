package dev.drawbridge.bench.load;

import java.io.IOException;

/** One kind of work for one target, which can be asked for again and again. Used by one thread. */
interface Load extends AutoCloseable {
  /**
   * Keeps the target busy for so long.
   *
   * @throws IOException if it answers anything wrong
   */
  Figures run(long nanos) throws IOException;

  @Override
  void close();
}
