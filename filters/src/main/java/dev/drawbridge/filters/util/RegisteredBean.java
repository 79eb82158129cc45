package dev.drawbridge.filters.util;

import java.lang.management.ManagementFactory;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bean in the JVM's own server of JMX, named by the context path of its web application.
 * Applications of one path, on several hosts or servers of one JVM, are told apart by a number,
 * which the first does not have. Immutable.
 */
public final class RegisteredBean {
  private static final Logger log = LoggerFactory.getLogger(RegisteredBean.class);
  private static final int MAX_OF_ONE_NAME = 100;

  private final ObjectName name;

  private RegisteredBean(ObjectName name) {
    this.name = name;
  }

  /**
   * Registers a bean.
   *
   * @param type domain and type of its name, such as {@code com.example:type=Things}
   * @param path context path, empty for the root
   * @return null where there is no JMX, or no name left
   */
  public static @Nullable RegisteredBean register(Object bean, String type, String path) {
    String base = type + ",context=" + ObjectName.quote(path.isEmpty() ? "/" : path);
    try {
      MBeanServer server = ManagementFactory.getPlatformMBeanServer();
      for (int i = 1; i <= MAX_OF_ONE_NAME; i++) {
        ObjectName wanted = new ObjectName(i == 1 ? base : base + ",instance=" + i);
        try {
          return new RegisteredBean(server.registerMBean(bean, wanted).getObjectName());
        } catch (InstanceAlreadyExistsException e) {
          log.debug("{} belongs to another application", wanted);
        }
      }
    } catch (JMException | SecurityException e) {
      log.debug("no JMX for {}: {}", base, e.toString());
    }
    return null;
  }

  /** Its name. */
  public ObjectName name() {
    return name;
  }

  /** Takes it away: what stays registered would keep the application's classes. */
  public void unregister() {
    try {
      ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    } catch (JMException | SecurityException e) {
      log.debug("JMX had forgotten {}: {}", name, e.toString());
    }
  }
}
