package dev.drawbridge.filters.runtime;

import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.SettingChange;
import dev.drawbridge.filters.util.RegisteredBean;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The settings of one web application as an MBean, named by its context path. Thread-safe. */
final class SettingsSwitch implements SettingsSwitchMBean {
  private final LiveSettings live;
  private final ClassLoader application;

  /** Null where there is no JMX. */
  private @Nullable RegisteredBean registered;

  private SettingsSwitch(LiveSettings live, ClassLoader application) {
    this.live = live;
    this.application = application;
  }

  /**
   * Registers it.
   *
   * @param path context path, empty for the root
   * @param application where its classes are, for threads that a reload begins
   * @return null where there is no JMX
   */
  static @Nullable SettingsSwitch register(
      LiveSettings live, String path, ClassLoader application) {
    SettingsSwitch created = new SettingsSwitch(live, application);
    created.registered = RegisteredBean.register(created, "dev.drawbridge:type=Settings", path);
    return created.registered == null ? null : created;
  }

  /** Takes it away. */
  void unregister() {
    RegisteredBean bean = registered;
    if (bean != null) {
      bean.unregister();
    }
  }

  @Override
  public String reload() {
    // Threads of JMX are none of the application, and what is opened here takes their loader.
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(application);
    try {
      return live.reload("JMX").toString();
    } catch (ConfigurationException e) {
      // Classes that consoles know.
      throw new IllegalArgumentException(e.getMessage());
    } catch (RuntimeException e) {
      throw new IllegalStateException(
          "it failed inside (" + e.getClass().getName() + "), and the log has more");
    } finally {
      thread.setContextClassLoader(before);
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
