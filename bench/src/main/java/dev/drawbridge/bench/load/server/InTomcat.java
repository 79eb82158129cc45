package dev.drawbridge.bench.load.server;

import jakarta.servlet.ServletContext;
import java.nio.file.Files;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.catalina.Context;
import org.apache.catalina.Server;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

/** The Tomcat that the targets in it run on, the same for all: its defaults. */
public final class InTomcat {
  private InTomcat() {}

  /**
   * Starts a server for one application; {@code --port}, by default a free one.
   *
   * @param application registers what it has, before Tomcat's own WebSocket looks for endpoints
   * @param endpoints of Jakarta
   */
  public static Server start(
      Arguments arguments, Consumer<ServletContext> application, Class<?>... endpoints)
      throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("drawbridge-bench").toString());
    tomcat.setPort(arguments.number("port", 0));
    tomcat.getConnector().setProperty("address", arguments.text("host", "127.0.0.1"));
    // A storm of handshakes comes all at once: the same queue of the operating system for all.
    tomcat.getConnector().setProperty("acceptCount", "4096");
    Context context = tomcat.addContext("", null);
    context.addServletContainerInitializer(
        (classes, started) -> {
          // Without a servlet behind it Tomcat calls no filter, not even its own.
          started.addServlet("default", new DefaultServlet()).addMapping("/");
          application.accept(started);
        },
        Set.of());
    context.addServletContainerInitializer(new WsSci(), Set.of(endpoints));
    tomcat.start();
    if (!context.getState().isAvailable()) {
      throw new IllegalStateException("the application does not start; the log says why");
    }
    System.out.println("port " + tomcat.getConnector().getLocalPort());
    return tomcat.getServer();
  }
}
