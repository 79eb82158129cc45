package dev.drawbridge.filters;

import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/**
 * Registers both filters from code, for applications without a {@code web.xml}. Nothing happens
 * unless an application calls this: the jars on the class path alone start nothing. Stateless; call
 * it from the thread that starts the application.
 */
public final class DrawbridgeFilters {
  private static final String CORS = "drawbridge-cors";
  private static final String JWT = "drawbridge-jwt";
  private static final String ALL = "/*";

  private DrawbridgeFilters() {}

  /**
   * Maps {@link DevCorsFilter} to every path and behind it {@link JwtHandshakeFilter} to the paths
   * that need a user, both in front of the filters of {@code web.xml} and with async support. May
   * be called again for other paths. A filter that {@code web.xml} or other code has declared is
   * kept as it is, with what it lacks of these mappings.
   *
   * @param context an application that is starting: call this in a {@code
   *     ServletContainerInitializer}, in a {@code ServletContextListener} that was declared and not
   *     added by code, or in a {@code ServletContextInitializer} of Spring Boot
   * @param guarded what needs an authenticated user, as in {@code <url-pattern>}: {@code /ws},
   *     {@code /api/*} or {@code *.do}; at least one
   * @throws IllegalArgumentException if no path is given, or one that is no such pattern
   * @throws IllegalStateException if the application has started already
   */
  public static void install(ServletContext context, String... guarded) {
    if (guarded.length == 0) {
      throw new IllegalArgumentException("guarded must hold at least one path, such as /ws");
    }
    for (String pattern : guarded) {
      check(pattern);
    }
    FilterRegistration cors = filter(context, CORS, DevCorsFilter.class);
    // Where the application has put the one, the other comes behind all that it has declared.
    boolean behind = !cors.getName().equals(CORS) && cors.getUrlPatternMappings().contains(ALL);
    map(cors, false, ALL, DispatcherType.REQUEST, DispatcherType.ERROR);
    FilterRegistration jwt = filter(context, JWT, JwtHandshakeFilter.class);
    for (String pattern : guarded) {
      map(jwt, behind, pattern, DispatcherType.REQUEST);
    }
  }

  /** Servlet specification, section 12.2; a container takes anything else for an exact path. */
  private static void check(String pattern) {
    boolean path = pattern.startsWith("/");
    boolean extension = pattern.startsWith("*.") && pattern.indexOf('/') < 0;
    int star = pattern.indexOf('*', extension ? 1 : 0);
    boolean lastStar = path && pattern.endsWith(ALL) && star == pattern.length() - 1;
    if (!(path || extension) || (star >= 0 && !lastStar)) {
      throw new IllegalArgumentException(
          "guarded must be a path such as /ws, /api/* or *.do: " + Settings.quoted(pattern));
    }
  }

  private static FilterRegistration filter(
      ServletContext context, String name, Class<? extends Filter> type) {
    FilterRegistration present = present(context, type);
    if (present != null) {
      return present;
    }
    FilterRegistration.Dynamic added = context.addFilter(name, type);
    if (added == null) {
      throw new IllegalStateException(
          "a filter must not have the name of one of Drawbridge's: " + name);
    }
    added.setAsyncSupported(true);
    return added;
  }

  private static @Nullable FilterRegistration present(
      ServletContext context, Class<? extends Filter> type) {
    return context.getFilterRegistrations().values().stream()
        .filter(registration -> type.getName().equals(registration.getClassName()))
        .findFirst()
        .orElse(null);
  }

  private static void map(
      FilterRegistration filter,
      boolean behind,
      String pattern,
      DispatcherType first,
      DispatcherType... others) {
    if (!filter.getUrlPatternMappings().contains(pattern)) {
      filter.addMappingForUrlPatterns(EnumSet.of(first, others), behind, pattern);
    }
  }
}
