package dev.drawbridge.filters.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;

/** A real Tomcat on a free port of loopback with one web application at its root. */
public final class TomcatServer implements AutoCloseable {
  private final Tomcat tomcat = new Tomcat();

  /**
   * Starts it.
   *
   * @param directory for its files
   * @param webApp the application's folder, whose classes are those of the test
   * @param setUp before it starts
   */
  public TomcatServer(Path directory, Path webApp, Consumer<Tomcat> setUp) throws Exception {
    tomcat.setBaseDir(directory.toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    setUp.accept(tomcat);
    Context context = tomcat.addWebapp("", webApp.toString());
    context.setParentClassLoader(TomcatServer.class.getClassLoader());
    // Jetty is on the class path of the test, and its initializers look for their own context.
    context.setContainerSciFilter("jetty");
    tomcat.start();
    assertThat(context.getState().isAvailable()).isTrue();
  }

  /** Where it listens. */
  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  public void close() throws LifecycleException {
    tomcat.stop();
    tomcat.destroy();
  }
}
