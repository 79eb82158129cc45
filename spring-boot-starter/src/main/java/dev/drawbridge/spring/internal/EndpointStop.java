package dev.drawbridge.spring.internal;

import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import org.springframework.context.SmartLifecycle;

/**
 * Stops the endpoint while the beans that it uses are still there: Tomcat and Jetty would do so
 * only after the data source is closed. A context that is started again gets its endpoint again.
 * Used by the thread that starts or stops the application.
 */
final class EndpointStop implements SmartLifecycle {
  /** Behind the web server, which is 2048 below the first phase, when stopping. */
  private static final int PHASE = DEFAULT_PHASE - 3072;

  private final ContextSetup setup;
  private final DrawbridgeServlet servlet;
  private volatile boolean running;

  EndpointStop(ContextSetup setup, DrawbridgeServlet servlet) {
    this.setup = setup;
    this.servlet = servlet;
  }

  @Override
  public void start() {
    running = true;
  }

  /** Whether it is to be started anew, and not for the first time. */
  private boolean wasStopped;

  @Override
  public void stop() {
    running = false;
    if (isThere()) {
      servlet.destroy();
      wasStopped = true;
    }
  }

  /**
   * Starts it again, once the web server has: a container that has kept the servlet does not.
   *
   * @throws IllegalStateException if it does not start
   */
  void restart() {
    ServletConfig config = servlet.getServletConfig();
    if (wasStopped && config != null && !isThere()) {
      try {
        servlet.init(config);
      } catch (ServletException e) {
        throw new IllegalStateException("the endpoint does not start again", e);
      }
    }
    wasStopped = false;
  }

  private boolean isThere() {
    ServletContext context = setup.context();
    return context != null && context.getAttribute(Connections.class.getName()) != null;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
