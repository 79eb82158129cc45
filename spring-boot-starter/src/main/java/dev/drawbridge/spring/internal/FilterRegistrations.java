package dev.drawbridge.spring.internal;

import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.request.UrlPattern;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.Ordered;

/**
 * The two filters as Boot registers them: in front of Spring Security and all others but those that
 * only dress the request. Stateless.
 */
final class FilterRegistrations {
  /** Behind the filters of Boot that set encoding, forwarded addresses and observations. */
  static final int CORS_ORDER = Ordered.HIGHEST_PRECEDENCE + 10;

  static final int JWT_ORDER = CORS_ORDER + 1;

  private FilterRegistrations() {}

  static FilterRegistrationBean<DevCorsFilter> cors(
      SpringSettings settings, String path, ContextSetup setup) {
    FilterRegistrationBean<DevCorsFilter> bean =
        new FilterRegistrationBean<>(new DevCorsFilter()) {
          @Override
          public DevCorsFilter getFilter() {
            setup.prepareWithoutServer();
            return super.getFilter();
          }

          @Override
          protected FilterRegistration.Dynamic addRegistration(
              String description, ServletContext context) {
            setup.prepare(context);
            return super.addRegistration(description, context);
          }
        };
    List<String> judged = new ArrayList<>(settings.list(StarterKey.ORIGIN_PATHS));
    // What a token opens must not be open to the pages of everybody, and a page shall read why not.
    for (String needed : guarded(settings, path)) {
      if (judged.stream().noneMatch(pattern -> covers(pattern, needed))) {
        judged.add(needed);
      }
    }
    bean.setName("drawbridge-cors");
    bean.setUrlPatterns(judged);
    bean.setDispatcherTypes(DispatcherType.REQUEST, DispatcherType.ERROR);
    bean.setAsyncSupported(true);
    bean.setOrder(CORS_ORDER);
    return bean;
  }

  static FilterRegistrationBean<JwtHandshakeFilter> jwt(
      SpringSettings settings, String path, ContextSetup setup) {
    FilterRegistrationBean<JwtHandshakeFilter> bean =
        new FilterRegistrationBean<>(new JwtHandshakeFilter()) {
          @Override
          public JwtHandshakeFilter getFilter() {
            setup.prepareWithoutServer();
            return super.getFilter();
          }

          @Override
          protected FilterRegistration.Dynamic addRegistration(
              String description, ServletContext context) {
            setup.prepare(context);
            FilterRegistration.Dynamic added = super.addRegistration(description, context);
            setup.join(context);
            return added;
          }
        };
    List<String> tokens = new ArrayList<>(List.of(path, path + "/diagnose"));
    tokens.addAll(settings.list(StarterKey.GUARDED_PATHS));
    bean.setName("drawbridge-jwt");
    bean.setUrlPatterns(tokens);
    bean.setDispatcherTypes(DispatcherType.REQUEST);
    bean.setAsyncSupported(true);
    bean.setOrder(JWT_ORDER);
    return bean;
  }

  /**
   * Where origins are judged in any case: all of the endpoint, and what needs a token beside it.
   */
  private static List<String> guarded(SpringSettings settings, String path) {
    List<String> guarded = new ArrayList<>(List.of(path + "/*"));
    guarded.addAll(settings.list(StarterKey.GUARDED_PATHS));
    return guarded;
  }

  /** True if all that one pattern takes is taken by another one, too. */
  private static boolean covers(String pattern, String other) {
    return pattern.equals(other)
        || pattern.equals("/*")
        || (pattern.endsWith("/*") && UrlPattern.matches(pattern, other.replace("/*", "")));
  }
}
