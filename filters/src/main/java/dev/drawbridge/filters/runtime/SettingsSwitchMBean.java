package dev.drawbridge.filters.runtime;

/** What an operator sees of an application's settings over JMX, and can do. No secret is shown. */
public interface SettingsSwitchMBean {

  /**
   * Reads the settings again and puts what may change into force, all of it or nothing.
   *
   * @return what has changed, what needs a restart, and what someone should look at
   * @throws IllegalArgumentException with all problems; everything stays as it was
   * @throws IllegalStateException if something failed inside; likewise
   */
  String reload();

  /** How often the settings in force were replaced, and one. */
  long getGeneration();

  /** The settings that somebody has set, as {@code NAME = value (source)}; secrets masked. */
  String[] getSettings();

  /** The names of those that a reload changes. */
  String[] getReloadable();

  /** What the last reload has found that takes force by a restart. */
  String[] getNeedsRestart();
}
