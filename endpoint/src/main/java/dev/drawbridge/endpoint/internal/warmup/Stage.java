package dev.drawbridge.endpoint.internal.warmup;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletContext;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A web application in which nobody is but one user: the servlet context that filters and servlet
 * are run in. Of the real one it knows the class loader and the container's name alone.
 * Thread-safe.
 */
final class Stage extends StandIn {
  /** The one user. */
  static final String SUBJECT = "warm-up";

  private final Map<String, Object> attributes = new ConcurrentHashMap<>();
  private final ServletContext real;
  private final ServletContext context;

  Stage(ServletContext real) {
    this.real = real;
    this.context = as(ServletContext.class);
    User user = User.of(SUBJECT, "Warm-up", Set.of("member"));
    UserSource users =
        subject -> subject.equals(SUBJECT) ? Optional.of(user) : Optional.<User>empty();
    attributes.put(UserSource.class.getName(), users);
  }

  ServletContext context() {
    return context;
  }

  /** What a filter is given when it starts. */
  FilterConfig filter() {
    return component("getFilterName").as(FilterConfig.class);
  }

  /** What a servlet is given when it starts. */
  ServletConfig servlet() {
    return component("getServletName").as(ServletConfig.class);
  }

  private StandIn component(String naming) {
    return new StandIn() {
      @Override
      @Nullable Object answer(String method, @Nullable Object[] arguments) {
        return switch (method) {
          case "getServletContext" -> context;
          case "getInitParameterNames" -> Collections.emptyEnumeration();
          default -> method.equals(naming) ? "warm-up" : UNKNOWN;
        };
      }
    };
  }

  @Override
  @Nullable Object answer(String method, @Nullable Object[] arguments) {
    return switch (method) {
      case "getAttribute" -> attributes.get(String.valueOf(arguments[0]));
      case "setAttribute" -> {
        Object value = arguments[1];
        if (value != null) {
          attributes.put(String.valueOf(arguments[0]), value);
        }
        yield null;
      }
      case "removeAttribute" -> {
        attributes.remove(String.valueOf(arguments[0]));
        yield null;
      }
      case "getFilterRegistrations", "getServletRegistrations" -> Map.of();
      case "getInitParameterNames", "getAttributeNames" -> Collections.emptyEnumeration();
      case "getContextPath" -> "";
      case "getServerInfo" -> real.getServerInfo();
      case "getClassLoader" -> real.getClassLoader();
      default -> UNKNOWN;
    };
  }
}
