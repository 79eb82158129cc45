package dev.drawbridge.db;

import java.lang.management.ManagementFactory;
import javax.management.JMException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Offers a {@link Database} by JMX. */
final class DatabaseJmx implements DatabaseMXBean {
  private static final Logger log = LoggerFactory.getLogger(DatabaseJmx.class);

  private final Database database;

  private DatabaseJmx(Database database) {
    this.database = database;
  }

  /** Registers; a name already taken, by another copy of the application, is only reported. */
  static @Nullable ObjectName register(Database database, String name) {
    try {
      ObjectName objectName =
          new ObjectName("dev.drawbridge.db:type=Database,name=" + ObjectName.quote(name));
      ManagementFactory.getPlatformMBeanServer()
          .registerMBean(new DatabaseJmx(database), objectName);
      return objectName;
    } catch (JMException e) {
      log.warn("the database cannot be shown in JMX: {}", e.toString());
      return null;
    }
  }

  static void unregister(ObjectName name) {
    try {
      ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    } catch (JMException e) {
      log.debug("was not registered any more: {}", e.toString());
    }
  }

  @Override
  public String getHealth() {
    return database.health().status().name();
  }

  @Override
  public int getActive() {
    return database.metrics().active();
  }

  @Override
  public int getIdle() {
    return database.metrics().idle();
  }

  @Override
  public int getWaiting() {
    return database.metrics().waiting();
  }

  @Override
  public int getMax() {
    return database.metrics().max();
  }

  @Override
  public int getOpenSessions() {
    return database.metrics().openSessions();
  }

  @Override
  public long getAcquired() {
    return database.metrics().acquired();
  }

  @Override
  public long getBusy() {
    return database.metrics().busy();
  }

  @Override
  public long getUnavailable() {
    return database.metrics().unavailable();
  }

  @Override
  public long getLeaks() {
    return database.metrics().leaks();
  }
}
