package dev.drawbridge.bench;

import dev.drawbridge.filters.cors.DevCorsFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.handler.CrossOriginHandler;

/** The same ten origins, methods, headers and credentials for everybody who takes part. */
final class CorsContenders {
  /** The last but one of the list. */
  static final String ALLOWED = "https://app8.example.com";

  private static final List<String> ORIGINS =
      IntStream.range(0, 10).mapToObj(i -> "https://app" + i + ".example.com").toList();
  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
  private static final String HEADERS = "Authorization, Content-Type, X-Requested-With";
  private static final String EXPOSED = "X-Request-Id, Retry-After, WWW-Authenticate";

  private CorsContenders() {}

  /**
   * A web application with one servlet behind a contender.
   *
   * @param contender {@code none}, {@code drawbridge}, {@code tomcat} or {@code jetty}
   */
  static Handler application(String contender) {
    ServletContextHandler context = new ServletContextHandler("/");
    context.addServlet(new ServletHolder(new Empty()), "/*");
    switch (contender) {
      case "none" -> {}
      case "drawbridge" -> add(context, drawbridge(context));
      case "tomcat" -> add(context, tomcat());
      case "jetty" -> {
        return jetty(context);
      }
      default -> throw new IllegalArgumentException("unknown contender: " + contender);
    }
    return context;
  }

  private static void add(ServletContextHandler context, FilterHolder filter) {
    filter.setName("cors");
    filter.setAsyncSupported(true);
    context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
  }

  private static FilterHolder drawbridge(ServletContextHandler context) {
    context.setInitParameter("WEBSOCKET_ALLOWED_ORIGINS", String.join(",", ORIGINS));
    return new FilterHolder(new DevCorsFilter());
  }

  private static FilterHolder tomcat() {
    Filter filter = new org.apache.catalina.filters.CorsFilter();
    FilterHolder holder = new FilterHolder(filter);
    holder.setInitParameter("cors.allowed.origins", String.join(",", ORIGINS));
    holder.setInitParameter("cors.allowed.methods", METHODS);
    holder.setInitParameter("cors.allowed.headers", HEADERS);
    holder.setInitParameter("cors.exposed.headers", EXPOSED);
    holder.setInitParameter("cors.support.credentials", "true");
    holder.setInitParameter("cors.preflight.maxage", "600");
    return holder;
  }

  private static Handler jetty(Handler application) {
    CrossOriginHandler handler = new CrossOriginHandler();
    handler.setAllowedOriginPatterns(
        ORIGINS.stream().map(o -> o.replace(".", "\\.")).collect(Collectors.toSet()));
    handler.setAllowedMethods(items(METHODS));
    handler.setAllowedHeaders(items(HEADERS));
    handler.setExposedHeaders(items(EXPOSED));
    handler.setAllowCredentials(true);
    handler.setPreflightMaxAge(Duration.ofMinutes(10));
    handler.setHandler(application);
    return handler;
  }

  private static Set<String> items(String list) {
    return new LinkedHashSet<>(List.of(list.split(", ", -1)));
  }

  /** Answers 200 with nothing. */
  private static final class Empty extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) {
      response.setStatus(HttpServletResponse.SC_OK);
    }
  }
}
