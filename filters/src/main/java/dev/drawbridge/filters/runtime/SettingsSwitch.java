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

  /** Null where there is no JMX. */
  private @Nullable RegisteredBean registered;

  private SettingsSwitch(LiveSettings live) {
    this.live = live;
  }

  /**
   * Registers it.
   *
   * @param path context path, empty for the root
   * @return null where there is no JMX
   */
  static @Nullable SettingsSwitch register(LiveSettings live, String path) {
    SettingsSwitch created = new SettingsSwitch(live);
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
