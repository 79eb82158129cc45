package dev.drawbridge.endpoint;

import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.webresources.TomcatURLStreamHandlerFactory;
import org.apache.tomcat.websocket.server.WsSci;

/** The Tomcat whose jars are in its class loader. */
public final class TomcatServer implements Function<Map<String, String>, UnaryOperator<String>> {
  private final HostedApplication application = new HostedApplication();
  private final Tomcat tomcat = new Tomcat();
  private Context context;

  @Override
  public UnaryOperator<String> apply(Map<String, String> options) {
    try {
      // One JVM has room for the handler of one Tomcat, and these tests start several.
      TomcatURLStreamHandlerFactory.disable();
      tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
      Connector connector = new Connector(options.getOrDefault("protocol", "HTTP/1.1"));
      connector.setPort(0);
      connector.setProperty("address", "127.0.0.1");
      connector.setProperty("maxThreads", options.getOrDefault("maxThreads", "50"));
      connector.setProperty("useVirtualThreads", options.getOrDefault("virtual", "false"));
      tomcat.setConnector(connector);
      context = tomcat.addContext("", null);
      context.setParentClassLoader(TomcatServer.class.getClassLoader());
      if (!options.containsKey("withoutWebSocket") && !options.containsKey("withoutJar")) {
        context.addServletContainerInitializer(new WsSci(), null);
      }
      context.addServletContainerInitializer(
          (classes, started) -> application.install(started, options), Set.of());
      tomcat.start();
      return this::told;
    } catch (Exception e) {
      throw new IllegalStateException("Tomcat does not start: " + e, e);
    }
  }

  private String told(String words) {
    return switch (words) {
      case "port" -> Integer.toString(tomcat.getConnector().getLocalPort());
      case "stop" -> stop();
      case "undeploy" -> undeploy();
      default -> application.apply(words);
    };
  }

  private String undeploy() {
    try {
      context.stop();
      return "";
    } catch (LifecycleException e) {
      throw new IllegalStateException("the application does not stop", e);
    }
  }

  private String stop() {
    try {
      tomcat.stop();
      tomcat.destroy();
      return "";
    } catch (LifecycleException e) {
      throw new IllegalStateException("Tomcat does not stop", e);
    }
  }
}
