package dev.drawbridge.endpoint;

import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Jetty, by its own classes or, by the setting, by its API. */
public final class JettyServer implements Function<Map<String, String>, UnaryOperator<String>> {
  private final HostedApplication application = new HostedApplication();
  private Server server;
  private ServerConnector connector;

  @Override
  public UnaryOperator<String> apply(Map<String, String> options) {
    try {
      server =
          new Server(
              new QueuedThreadPool(Integer.parseInt(options.getOrDefault("maxThreads", "50"))));
      connector = new ServerConnector(server);
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      ServletContextHandler context = new ServletContextHandler(ServletContextHandler.SESSIONS);
      context.setClassLoader(JettyServer.class.getClassLoader());
      context.addServletContainerInitializer(
          (classes, started) -> application.install(started, options));
      server.setHandler(context);
      server.start();
      return this::told;
    } catch (Exception e) {
      throw new IllegalStateException("Jetty does not start: " + e, e);
    }
  }

  private String told(String words) {
    return switch (words) {
      case "port" -> Integer.toString(connector.getLocalPort());
      case "stop" -> stop();
      case "undeploy" -> undeploy();
      default -> application.apply(words);
    };
  }

  private String undeploy() {
    try {
      server.getHandler().stop();
      return "";
    } catch (Exception e) {
      throw new IllegalStateException("the application does not stop", e);
    }
  }

  private String stop() {
    try {
      server.stop();
      return "";
    } catch (Exception e) {
      throw new IllegalStateException("Jetty does not stop", e);
    }
  }
}
