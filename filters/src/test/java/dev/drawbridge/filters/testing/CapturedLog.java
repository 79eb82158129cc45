package dev.drawbridge.filters.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** Collects what a logger and those below it write, at any level, until it is closed. */
public final class CapturedLog implements AutoCloseable {

  public record Line(Level level, String text) {}

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
          lines.add(
              new Line(
                  event.getLevel(),
                  event.getLoggerName()
                      + " "
                      + event.getFormattedMessage()
                      + (thrown == null ? "" : "\n" + ThrowableProxyUtil.asString(thrown))));
        }
      };

  public CapturedLog(String loggerName, Level level) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    logger = context.getLogger(loggerName);
    levelBefore = logger.getLevel();
    additiveBefore = logger.isAdditive();
    logger.setLevel(level);
    logger.setAdditive(false);
    logger.iteratorForAppenders().forEachRemaining(appendersBefore::add);
    appendersBefore.forEach(logger::detachAppender);
    appender.setContext(context);
    appender.start();
    logger.addAppender(appender);
  }

  public static CapturedLog ofFilter() {
    return new CapturedLog(JwtHandshakeFilter.class.getName(), Level.DEBUG);
  }

  public List<Line> lines() {
    return new ArrayList<>(lines);
  }

  public List<Line> containing(String text) {
    return lines().stream().filter(line -> line.text().contains(text)).toList();
  }

  @Override
  public void close() {
    logger.detachAppender(appender);
    appendersBefore.forEach(logger::addAppender);
    logger.setLevel(levelBefore);
    logger.setAdditive(additiveBefore);
  }
}
