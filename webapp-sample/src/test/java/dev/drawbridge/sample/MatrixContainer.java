package dev.drawbridge.sample;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;
import org.apache.tomcat.util.modeler.Registry;
import org.apache.tomcat.websocket.server.WsSci;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Where the servers of the matrix run: a new one each, on a free port of 127.0.0.1. */
enum MatrixContainer {
  JETTY {
    @Override
    Running start(String contextPath, Consumer<ServletContext> application) {
      Server server = new Server();
      ServerConnector connector = new ServerConnector(server);
      connector.setHost("127.0.0.1");
      server.addConnector(connector);
      ServletContextHandler context = new ServletContextHandler();
      context.setContextPath(contextPath);
      JettyWebSocketServletContainerInitializer.configure(context, null);
      context.addServletContainerInitializer((classes, started) -> application.accept(started));
      server.setHandler(context);
      try {
        server.start();
      } catch (Exception e) {
        throw new IllegalStateException("Jetty does not start", e);
      }
      return new Running(connector.getLocalPort(), server::stop);
    }
  },
  TOMCAT {
    @Override
    Running start(String contextPath, Consumer<ServletContext> application) {
      TomcatURLStreamHandlerFactory.disable();
      // Beans of several servers at a time would have the same names.
      Registry.disableRegistry();
      Tomcat tomcat = new Tomcat();
      try {
        tomcat.setBaseDir(Files.createTempDirectory("matrix").toString());
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext(contextPath.equals("/") ? "" : contextPath, null);
        context.setParentClassLoader(MatrixContainer.class.getClassLoader());
        // As conf/web.xml of a distribution: without it, no filter sees a path that nothing has.
        Tomcat.addServlet(context, "default", new DefaultServlet()).addMapping("/");
        context.addServletContainerInitializer(new WsSci(), null);
        context.addServletContainerInitializer(
            (classes, started) -> application.accept(started), Set.of());
        tomcat.start();
        return new Running(
            tomcat.getConnector().getLocalPort(),
            () -> {
              tomcat.stop();
              tomcat.destroy();
            });
      } catch (IOException | LifecycleException e) {
        throw new IllegalStateException("Tomcat does not start", e);
      }
    }
  };

  /** Held, because a level that is set goes with its logger. */
  private static final Logger TOMCATS_LOG = Logger.getLogger("org.apache");

  static {
    TOMCATS_LOG.setLevel(Level.WARNING);
  }

  /** Starts one, whose application registers what it has. */
  abstract Running start(String contextPath, Consumer<ServletContext> application);

  /** A started server. */
  record Running(int port, AutoCloseable stop) implements AutoCloseable {
    @Override
    public void close() {
      try {
        stop.close();
      } catch (Exception e) {
        throw new IllegalStateException("the server of the matrix does not stop", e);
      }
    }
  }
}
