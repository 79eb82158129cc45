package dev.drawbridge.spring.internal;

import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
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

  static FilterRegistrationBean<DevCorsFilter> cors(SpringSettings settings, ContextSetup setup) {
    FilterRegistrationBean<DevCorsFilter> bean =
        new FilterRegistrationBean<>(new DevCorsFilter()) {
          @Override
          protected FilterRegistration.Dynamic addRegistration(
              String description, ServletContext context) {
            setup.prepare(context);
            return super.addRegistration(description, context);
          }
        };
    bean.setName("drawbridge-cors");
    bean.setUrlPatterns(settings.list(StarterKey.ORIGIN_PATHS));
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
          protected FilterRegistration.Dynamic addRegistration(
              String description, ServletContext context) {
            setup.prepare(context);
            FilterRegistration.Dynamic added = super.addRegistration(description, context);
            setup.join(context);
            return added;
          }
        };
    List<String> guarded = new ArrayList<>(List.of(path, path + "/diagnose"));
    guarded.addAll(settings.list(StarterKey.GUARDED_PATHS));
    bean.setName("drawbridge-jwt");
    bean.setUrlPatterns(guarded);
    bean.setDispatcherTypes(DispatcherType.REQUEST);
    bean.setAsyncSupported(true);
    bean.setOrder(JWT_ORDER);
    return bean;
  }
}
