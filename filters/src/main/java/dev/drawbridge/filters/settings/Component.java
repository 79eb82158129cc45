package dev.drawbridge.filters.settings;

import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletConfig;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A filter or servlet of ours with its init-params. Immutable.
 *
 * @param name in the descriptor
 * @param params all of them, ours and others
 * @param ours false for a servlet, which may be an application's subclass
 */
public record Component(String name, Map<String, String> params, boolean ours) {

  /** Copies the parameters and keeps their order. */
  public Component {
    params = Collections.unmodifiableMap(new LinkedHashMap<>(params));
  }

  /** A filter that is starting. */
  public static Component of(FilterConfig config) {
    return new Component(
        config.getFilterName(),
        read(config.getInitParameterNames(), config::getInitParameter),
        true);
  }

  /** A servlet that is starting. */
  public static Component of(ServletConfig config) {
    return new Component(
        config.getServletName(),
        read(config.getInitParameterNames(), config::getInitParameter),
        false);
  }

  static Map<String, String> read(
      Enumeration<String> names, Function<String, @Nullable String> values) {
    Map<String, String> params = new LinkedHashMap<>();
    for (String name : Collections.list(names)) {
      String value = values.apply(name);
      params.put(name, value == null ? "" : value);
    }
    return params;
  }
}
