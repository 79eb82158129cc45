package dev.drawbridge.sample;

import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks to the person who typed {@code mvn jetty:run}: which URL to open, once it can be opened,
 * or that the port is taken. Declared in {@code src/dev/override-web.xml} alone.
 */
public final class JettyRunListener implements ServletContextListener {
  private static final Logger log = LoggerFactory.getLogger(JettyRunListener.class);

  /** The Jetty Maven plugin's own property and default. */
  private static final String PORT_PROPERTY = "jetty.http.port";

  private static final int DEFAULT_PORT = 8080;
  private static final int MAX_PORT = 65_535;
  private static final long LOOK_AGAIN_NANOS = 20_000_000;

  /** Waits for the port, which is opened behind the start of the application. */
  private final Thread greeter = new Thread(this::greet, "jetty-run-greeter");

  /** Set before the greeter starts. */
  private int port;

  /** Set before the greeter starts. */
  private String contextPath = "";

  @Override
  public void contextInitialized(ServletContextEvent event) {
    port = port(System.getProperty(PORT_PROPERTY, Integer.toString(DEFAULT_PORT)));
    try (ServerSocket probe = new ServerSocket()) {
      probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      String message =
          String.format(
              "Port %d (%s) cannot be opened, most likely another program has it; stop that one or"
                  + " choose another port with -D%s=%d",
              port, PORT_PROPERTY, PORT_PROPERTY, port == MAX_PORT ? DEFAULT_PORT : port + 1);
      log.error(message);
      throw new IllegalStateException(message, e);
    }
    contextPath = event.getServletContext().getContextPath();
    greeter.setDaemon(true);
    greeter.start();
  }

  @Override
  public void contextDestroyed(ServletContextEvent event) {
    greeter.interrupt();
  }

  private void greet() {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        log.info("Open http://localhost:{}{}/", port, contextPath);
        return;
      } catch (IOException e) {
        // Not open yet.
        LockSupport.parkNanos(LOOK_AGAIN_NANOS);
      }
    }
  }

  private static int port(String text) {
    int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
    if (port < 1 || port > MAX_PORT) {
      String message = PORT_PROPERTY + " must be in [1, " + MAX_PORT + "]: " + text;
      log.error(message);
      throw new IllegalArgumentException(message);
    }
    return port;
  }
}
