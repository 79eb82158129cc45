package dev.drawbridge.endpoint;

import jakarta.servlet.ServletContainerInitializer;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The Jetty whose jars are in its class loader: by its own classes, or by its API. */
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
      // A storm overflows the system's own fifty, and who is dropped tries again after seconds.
      connector.setAcceptQueueSize(1_000);
      server.addConnector(connector);
      ContextHandler context = context();
      context.setClassLoader(JettyServer.class.getClassLoader());
      ServletContainerInitializer install =
          (classes, started) -> application.install(started, options);
      context
          .getClass()
          .getMethod("addServletContainerInitializer", ServletContainerInitializer.class)
          .invoke(context, install);
      server.setHandler(context);
      server.start();
      return this::told;
    } catch (Exception e) {
      throw new IllegalStateException("Jetty does not start: " + e, e);
    }
  }

  /** With HTTP sessions, of the EE that is there. */
  private static ContextHandler context() throws ReflectiveOperationException {
    for (String ee : List.of("ee11", "ee10")) {
      try {
        return Class.forName("org.eclipse.jetty." + ee + ".servlet.ServletContextHandler")
            .asSubclass(ContextHandler.class)
            .getConstructor(int.class)
            .newInstance(1);
      } catch (ClassNotFoundException e) {
        // The next one, then.
      }
    }
    throw new ClassNotFoundException("no ServletContextHandler of Jetty");
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
