package dev.drawbridge.filters.runtime;

import jakarta.servlet.ServletContext;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drivers in {@code WEB-INF/lib} register themselves with the JDK's {@link DriverManager} when they
 * are loaded, and it would keep the stopped application in memory through them. Thread-safe.
 */
final class JdbcDrivers {
  private static final Logger log = LoggerFactory.getLogger(JdbcDrivers.class);

  private JdbcDrivers() {}

  /** Takes out the drivers that the application brought itself; those of the container stay. */
  static void forget() {
    ClassLoader application = JdbcDrivers.class.getClassLoader();
    if (application == ServletContext.class.getClassLoader()) {
      // One class loader for server and application: it ends with the JVM, and others use it too.
      return;
    }
    List<Driver> own =
        DriverManager.drivers()
            .filter(driver -> driver.getClass().getClassLoader() == application)
            .collect(Collectors.toList());
    for (Driver driver : own) {
      try {
        DriverManager.deregisterDriver(driver);
      } catch (SQLException | SecurityException e) {
        log.warn(
            "the driver {} stays registered, and the stopped application in memory with it: {}",
            driver.getClass().getName(),
            e.toString());
      }
    }
  }
}
