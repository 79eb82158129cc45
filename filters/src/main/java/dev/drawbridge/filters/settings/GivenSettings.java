package dev.drawbridge.filters.settings;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Settings that the framework around an application has read by its own rules, from files, the
 * environment and system properties. A {@code Supplier} of them under {@link #ATTRIBUTE} in the
 * servlet context takes the place of what {@link Settings} reads from the process; parameters of
 * the web application still count behind it. Asked again at each reading. Immutable.
 *
 * @param values as somebody has written them
 * @param problems what refuses the start, a sentence each: names that are none of ours
 */
public record GivenSettings(Map<Setting, String> values, List<String> problems) {
  /** Name of the servlet context attribute that holds a {@code Supplier} of these. */
  public static final String ATTRIBUTE = GivenSettings.class.getName();

  /** Copies both. */
  public GivenSettings {
    Map<Setting, String> copy = new EnumMap<>(Setting.class);
    copy.putAll(values);
    values = Collections.unmodifiableMap(copy);
    problems = List.copyOf(problems);
  }

  /**
   * True for a variable that Kubernetes adds beside a service called {@code drawbridge}, and that
   * is no setting.
   *
   * @param variable of the environment
   * @param text its value
   */
  public static boolean isOfKubernetes(String variable, String text) {
    return SettingSources.isOfKubernetes(variable, text);
  }

  /** Without the values, which may be secrets. */
  @Override
  public String toString() {
    return "GivenSettings" + values.keySet();
  }
}
