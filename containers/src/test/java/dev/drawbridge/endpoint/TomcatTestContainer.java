package dev.drawbridge.endpoint;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import java.nio.file.Files;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;
import org.apache.tomcat.util.modeler.Registry;
import org.apache.tomcat.websocket.server.WsSci;

/** The Tomcat of the class path, for the endpoint's own tests. */
final class TomcatTestContainer implements TestContainer {
  private final Tomcat tomcat = new Tomcat();

  TomcatTestContainer() {}

  @Override
  public void start(String contextPath, Consumer<ServletContext> application) throws Exception {
    TomcatURLStreamHandlerFactory.disable();
    // Beans of several servers at a time would have the same names.
    Registry.disableRegistry();
    tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    Context context = tomcat.addContext(contextPath.equals("/") ? "" : contextPath, null);
    context.setParentClassLoader(TomcatTestContainer.class.getClassLoader());
    context.addServletContainerInitializer(new WsSci(), null);
    context.addServletContainerInitializer(
        (classes, started) -> application.accept(started), Set.of());
    tomcat.start();
    try {
      if (!context.getState().isAvailable()) {
        throw new IllegalStateException("the application does not start; the log says why");
      }
      // Tomcat goes on without a servlet that has failed; once more, it says why.
      ((Wrapper) context.findChild("ws")).load();
    } catch (ServletException | RuntimeException e) {
      stop();
      throw e;
    }
  }

  @Override
  public int port() {
    return tomcat.getConnector().getLocalPort();
  }

  @Override
  public void stop() throws Exception {
    tomcat.stop();
    tomcat.destroy();
  }
}
