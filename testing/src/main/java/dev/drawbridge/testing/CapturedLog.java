package dev.drawbridge.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What a logger and those below it write until this is closed. Thread-safe. */
public final class CapturedLog implements AutoCloseable {

  /**
   * One line.
   *
   * @param message with its values
   * @param text the logger's name, the message and the trace
   */
  public record Line(Level level, String message, String text) {}

  private final Logger logger;
  private final Level levelBefore;
  private final boolean additiveBefore;
  private final List<Appender<ILoggingEvent>> appendersBefore = new ArrayList<>();
  private final List<Line> lines = new CopyOnWriteArrayList<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          IThrowableProxy thrown = event.getThrowableProxy();
          String message = event.getFormattedMessage();
          lines.add(
              new Line(
                  event.getLevel(),
                  message,
                  event.getLoggerName()
                      + " "
                      + message
                      + (thrown == null ? "" : "\n" + ThrowableProxyUtil.asString(thrown))));
        }
      };

  private CapturedLog(String name) {
    logger = (Logger) LoggerFactory.getLogger(name);
    levelBefore = logger.getLevel();
    additiveBefore = logger.isAdditive();
    appender.setContext(logger.getLoggerContext());
    appender.start();
  }

  /** Takes all lines from a level up; the log itself does not get them. */
  public CapturedLog(String name, Level level) {
    this(name);
    logger.setLevel(level);
    logger.setAdditive(false);
    logger.iteratorForAppenders().forEachRemaining(appendersBefore::add);
    appendersBefore.forEach(logger::detachAppender);
    logger.addAppender(appender);
  }

  /** Takes all lines of a class, from DEBUG up. */
  public static CapturedLog of(Class<?> type) {
    return new CapturedLog(type.getName(), Level.DEBUG);
  }

  /** Hears what the log gets, and changes nothing about it: for tests that run at the same time. */
  public static CapturedLog beside(String name) {
    CapturedLog log = new CapturedLog(name);
    log.logger.addAppender(log.appender);
    return log;
  }

  /** The same from a level up, which the log gets, too. */
  public static CapturedLog beside(String name, Level level) {
    CapturedLog log = beside(name);
    log.logger.setLevel(level);
    return log;
  }

  /** All lines until now. */
  public List<Line> lines() {
    return new ArrayList<>(lines);
  }

  /** Their messages. */
  public List<String> messages() {
    return lines.stream().map(Line::message).toList();
  }

  /** Those whose text has a part. */
  public List<Line> containing(String part) {
    return lines().stream().filter(line -> line.text().contains(part)).toList();
  }

  /** Forgets the lines until now. */
  public void clear() {
    lines.clear();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    appendersBefore.forEach(logger::addAppender);
    logger.setLevel(levelBefore);
    logger.setAdditive(additiveBefore);
  }
}
