package dev.drawbridge.dropin;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;

/** The Tomcat whose jars are in its class loader. */
public final class TomcatHost implements Function<Path, Map.Entry<Integer, AutoCloseable>> {
  @Override
  public Map.Entry<Integer, AutoCloseable> apply(Path webApp) {
    try {
      // One JVM has room for the handler of one Tomcat, and these tests start several.
      TomcatURLStreamHandlerFactory.disable();
      Tomcat tomcat = new Tomcat();
      tomcat.setBaseDir(Files.createTempDirectory(webApp.getParent(), "tomcat").toString());
      tomcat.setPort(0);
      tomcat.getConnector().setProperty("address", "127.0.0.1");
      Context context = tomcat.addWebapp("", webApp.toString());
      context.setParentClassLoader(TomcatHost.class.getClassLoader());
      // For applications whose login is the container's.
      tomcat.addUser("admin", "admin");
      tomcat.addRole("admin", "admin");
      tomcat.addRole("admin", "jolokia");
      tomcat.start();
      Stop stop = new Stop(tomcat);
      if (!context.getState().isAvailable()) {
        stop.close();
        throw new IllegalStateException("the web application is not available");
      }
      return Map.entry(tomcat.getConnector().getLocalPort(), stop);
    } catch (Exception e) {
      throw new IllegalStateException("Tomcat does not start: " + e, e);
    }
  }

  /** Stops the server. */
  private record Stop(Tomcat tomcat) implements AutoCloseable {
    @Override
    public void close() throws LifecycleException {
      tomcat.stop();
      tomcat.destroy();
    }
  }
}
