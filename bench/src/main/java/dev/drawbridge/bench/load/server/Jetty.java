package dev.drawbridge.bench.load.server;

import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** The Jetty that every target runs on, the same for all: its defaults. */
public final class Jetty {
  private Jetty() {}

  /** Starts a server for one application; {@code --port}, by default a free one. */
  public static Server start(Arguments arguments, ServletContextHandler context) throws Exception {
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost(arguments.text("host", "127.0.0.1"));
    connector.setPort(arguments.number("port", 0));
    // A storm of handshakes comes all at once: the same queue of the operating system for all.
    connector.setAcceptQueueSize(4096);
    server.addConnector(connector);
    JettyWebSocketServletContainerInitializer.configure(context, null);
    server.setHandler(context);
    server.start();
    System.out.println("port " + connector.getLocalPort());
    return server;
  }
}
