package dev.drawbridge.filters.runtime;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.SettingChange;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The settings of one web application as an MBean, named by its context path. Thread-safe. */
final class SettingsSwitch implements SettingsSwitchMBean {
  private static final Logger log = LoggerFactory.getLogger(SettingsSwitch.class);
  private static final int MAX_OF_ONE_NAME = 100;

  private final LiveSettings live;
  private @Nullable ObjectName name;

  private SettingsSwitch(LiveSettings live) {
    this.live = live;
  }

  /**
   * Registers it. Applications of one path, on several hosts or servers of one JVM, are told apart
   * by a number, which the first does not have.
   *
   * @param path context path, empty for the root
   * @return null where there is no JMX
   */
  static @Nullable SettingsSwitch register(LiveSettings live, String path) {
    SettingsSwitch created = new SettingsSwitch(live);
    String base =
        "dev.drawbridge:type=Settings,context=" + ObjectName.quote(path.isEmpty() ? "/" : path);
    try {
      MBeanServer server = ManagementFactory.getPlatformMBeanServer();
      for (int i = 1; i <= MAX_OF_ONE_NAME; i++) {
        ObjectName wanted = new ObjectName(i == 1 ? base : base + ",instance=" + i);
        try {
          created.name = server.registerMBean(created, wanted).getObjectName();
          return created;
        } catch (InstanceAlreadyExistsException e) {
          log.debug("{} belongs to another application", wanted);
        }
      }
    } catch (JMException | SecurityException e) {
      log.debug("no JMX for the settings: {}", e.toString());
    }
    return null;
  }

  /** Takes it away: what stays registered would keep the application's classes. */
  void unregister() {
    ObjectName registered = name;
    if (registered != null) {
      try {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
      } catch (JMException | SecurityException e) {
        log.debug("JMX had forgotten the settings: {}", e.toString());
      }
    }
  }

  @Override
  public String reload() {
    try {
      return live.reload("JMX").toString();
    } catch (ConfigurationException e) {
      // A class that consoles know.
      throw new IllegalArgumentException(e.getMessage());
    }
  }

  @Override
  public long getGeneration() {
    return live.generation();
  }

  @Override
  public String[] getSettings() {
    return live.settings()
        .describe()
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toArray(String[]::new);
  }

  @Override
  public String[] getReloadable() {
    return Arrays.stream(Setting.values())
        .filter(Setting::isReloadable)
        .map(Setting::variable)
        .toArray(String[]::new);
  }

  @Override
  public String[] getNeedsRestart() {
    return live.waiting().stream().map(SettingChange::toString).toArray(String[]::new);
  }
}
