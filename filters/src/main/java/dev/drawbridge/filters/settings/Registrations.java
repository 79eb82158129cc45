package dev.drawbridge.filters.settings;

import jakarta.servlet.Registration;
import jakarta.servlet.ServletContext;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of our filters and servlets an application has, as far as its context shows them.
 * Stateless.
 */
public final class Registrations {
  private static final Logger log = LoggerFactory.getLogger(Registrations.class);
  private static final String FILTERS = "dev.drawbridge.filters.";
  private static final String JWT = FILTERS + "jwt.";
  private static final String CORS = FILTERS + "cors.";
  private static final String ENDPOINT = "dev.drawbridge.endpoint.";

  private Registrations() {}

  /** True when the application declares something that authenticates. */
  public static boolean mapsAuthentication(ServletContext context) {
    return ours(context).keySet().stream()
        .anyMatch(registration -> isOurs(context, registration, JWT));
  }

  /** True if the application has the filter that judges origins. */
  public static boolean mapsOrigins(ServletContext context) {
    return ours(context).keySet().stream()
        .anyMatch(registration -> isOurs(context, registration, CORS));
  }

  /** False where nothing of ours can be seen, as from a component that a proxy class hides. */
  public static boolean areShown(ServletContext context) {
    return !ours(context).isEmpty();
  }

  /** Our filters and servlets, subclasses too; true for a filter. */
  static Map<Registration, Boolean> ours(ServletContext context) {
    Map<Registration, Boolean> found = new LinkedHashMap<>();
    try {
      for (Registration filter : context.getFilterRegistrations().values()) {
        if (isOurs(context, filter, FILTERS)) {
          found.put(filter, true);
        }
      }
      for (Registration servlet : context.getServletRegistrations().values()) {
        if (isOurs(context, servlet, ENDPOINT)) {
          found.put(servlet, false);
        }
      }
    } catch (UnsupportedOperationException e) {
      // Servlet 4.4: a listener that was added by code may not see them. Each component brings its
      // own parameters when it starts; those that come too late are refused then.
      return Map.of();
    }
    return found;
  }

  private static boolean isOurs(ServletContext context, Registration registration, String prefix) {
    String name = registration.getClassName();
    if (name == null) {
      return false;
    }
    for (Class<?> type = load(context, name); type != null; type = type.getSuperclass()) {
      if (type.getName().startsWith(prefix)) {
        return true;
      }
    }
    return name.startsWith(prefix);
  }

  /** Null when the class cannot be found here; the container will say so when it starts it. */
  private static @Nullable Class<?> load(ServletContext context, String name) {
    ClassLoader[] loaders = {
      // An embedded context may have none; forName would then ask the JVM's own loader alone.
      context.getClassLoader(),
      Thread.currentThread().getContextClassLoader(),
      Registrations.class.getClassLoader()
    };
    for (ClassLoader loader : loaders) {
      if (loader != null) {
        try {
          return Class.forName(name, false, loader);
        } catch (ClassNotFoundException | LinkageError e) {
          log.debug("{} does not know {}", loader, name, e);
        }
      }
    }
    return null;
  }
}
