package dev.drawbridge.sample;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.LoggerFactory;

/** The warnings and errors of Drawbridge, as an operator reads them. Thread-safe. */
final class MatrixLog extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.drawbridge");
  private final List<String> lines = new CopyOnWriteArrayList<>();

  MatrixLog() {
    start();
    logger.addAppender(this);
  }

  @Override
  protected void append(ILoggingEvent event) {
    if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
      lines.add(event.getFormattedMessage());
    }
  }

  void clear() {
    lines.clear();
  }

  List<String> lines() {
    return List.copyOf(lines);
  }

  /** The first line with this part; it may come a moment after the browser has heard. */
  String awaitLine(String part) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (System.nanoTime() - end < 0) {
      for (String line : lines) {
        if (line.contains(part)) {
          return line;
        }
      }
      LockSupport.parkNanos(2_000_000);
    }
    throw new AssertionError("no line with \"" + part + "\" in " + lines);
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    stop();
  }
}
