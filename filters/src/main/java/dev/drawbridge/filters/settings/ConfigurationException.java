package dev.drawbridge.filters.settings;

import java.util.List;

/**
 * The start, or a reload, is refused because of the settings. The message lists all problems at
 * once, each with the setting's name and what to write instead; it never holds the value of a
 * secret.
 */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A copy without holes, in the order in which the problems were found. */
  @SuppressWarnings("serial") // List.copyOf returns a serializable list.
  private final List<String> problems;

  /**
   * Makes one exception of all problems.
   *
   * @param problems at least one sentence, each naming its setting
   */
  public ConfigurationException(List<String> problems) {
    this("Drawbridge cannot start", problems);
  }

  private ConfigurationException(String what, List<String> problems) {
    super(message(what, problems));
    this.problems = List.copyOf(problems);
  }

  /** The same of a reload that is refused as a whole. */
  static ConfigurationException ofReload(List<String> problems) {
    return new ConfigurationException("nothing was reloaded", problems);
  }

  /** The sentences, at least one. */
  public List<String> problems() {
    return problems;
  }

  private static String message(String what, List<String> problems) {
    if (problems.size() == 1) {
      return what + ": " + problems.get(0);
    }
    StringBuilder text = new StringBuilder();
    text.append(what).append(", ").append(problems.size()).append(" problems:");
    for (int i = 0; i < problems.size(); i++) {
      text.append("\n  ").append(i + 1).append(". ").append(problems.get(i));
    }
    return text.toString();
  }
}
