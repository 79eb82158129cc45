package dev.drawbridge.endpoint;

import dev.drawbridge.filters.DrawbridgeFilters;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.function.Consumer;

/**
 * Registers filters and endpoint from code, for applications without a {@code web.xml}: embedded
 * servers, {@code @WebListener}, Spring Boot. Nothing happens unless an application calls this: the
 * jars on the class path alone start nothing. Stateless; call it from the thread that starts the
 * application.
 */
public final class Drawbridge {
  private Drawbridge() {}

  /**
   * Registers what the three elements of {@code web.xml} do: {@code DevCorsFilter} on every path,
   * {@code JwtHandshakeFilter} on the socket and its diagnosis, and the endpoint, in this order,
   * with async support, and started with the application.
   *
   * @param context an application that is starting, as for {@link
   *     DrawbridgeFilters#install(ServletContext, String...)}
   * @param path of the socket, such as {@code /ws}; the routes beside it are below that
   * @param servlet the endpoint; one instance for one path
   * @return the endpoint's registration, for init-params
   * @throws IllegalArgumentException if the path is no such path
   * @throws IllegalStateException if the path is taken, or the application has started already
   */
  public static ServletRegistration.Dynamic install(
      ServletContext context, String path, DrawbridgeServlet servlet) {
    if (!path.startsWith("/") || path.endsWith("/") || path.indexOf('*') >= 0) {
      throw new IllegalArgumentException("path must be one such as /ws: " + path);
    }
    DrawbridgeFilters.install(context, path, path + "/diagnose");
    ServletRegistration.Dynamic registration = context.addServlet("drawbridge" + path, servlet);
    if (registration == null || !registration.addMapping(path + "/*").isEmpty()) {
      throw new IllegalStateException("another servlet has the path already: " + path + "/*");
    }
    registration.setAsyncSupported(true);
    registration.setLoadOnStartup(1);
    return registration;
  }

  /**
   * As {@link #install(ServletContext, String, DrawbridgeServlet)}, without a class of one's own;
   * other code finds the connections by {@link Connections#of(ServletContext)}.
   *
   * @param endpoint registers the message types, once, when the application starts
   */
  public static ServletRegistration.Dynamic install(
      ServletContext context, String path, Consumer<Endpoint.Builder> endpoint) {
    return install(context, path, new ConfiguredServlet(endpoint));
  }

  /** An endpoint whose types come from code elsewhere. */
  private static final class ConfiguredServlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;
    private final transient Consumer<Endpoint.Builder> endpoint;

    ConfiguredServlet(Consumer<Endpoint.Builder> endpoint) {
      this.endpoint = endpoint;
    }

    @Override
    protected void configure(Endpoint.Builder builder) {
      endpoint.accept(builder);
    }
  }
}
