package dev.drawbridge.endpoint.internal.receive;

/** Where a handler runs. */
enum Execution {
  /** On a thread of the pool: the handler may block. */
  POOLED,
  /** On the thread that reads the connection, when no earlier message is being handled. */
  READING_THREAD
}
