package dev.drawbridge.bench;

import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.bench.load.server.Control;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.ServletRegistration;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * {@link BenchServer} as a WAR in a stand-alone Jetty; the arguments are those of the system
 * property {@code bench.arguments}, {@code --port} among them.
 */
public final class BenchWar implements ServletContextListener {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  @Override
  public void contextInitialized(ServletContextEvent event) {
    try {
      start(event.getServletContext());
    } catch (SQLException | RuntimeException | LinkageError e) {
      e.printStackTrace();
      // Else the driver would wait: a server goes on without an application.
      System.exit(1);
    }
  }

  private static void start(ServletContext context) throws SQLException {
    Arguments arguments = Arguments.parse(System.getProperty("bench.arguments").split(" "));
    BenchUsers.create(BenchServer.DATABASE, arguments.number("users", 1000));
    BenchServer.settings(arguments).forEach(context::setInitParameter);
    FilterRegistration.Dynamic cors = context.addFilter("cors", DevCorsFilter.class);
    cors.setAsyncSupported(true);
    cors.addMappingForUrlPatterns(
        EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR), false, "/*");
    FilterRegistration.Dynamic jwt = context.addFilter("jwt", JwtHandshakeFilter.class);
    jwt.setAsyncSupported(true);
    jwt.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/ws", "/ws/diagnose");
    ServletRegistration.Dynamic servlet = context.addServlet("ws", BenchServer.EchoServlet.class);
    servlet.setLoadOnStartup(1);
    servlet.setAsyncSupported(true);
    servlet.addMapping("/ws/*");
    Control.listen(
        Map.of(
            "loads",
            () -> BenchServer.loads(context),
            "broadcast",
            () -> BenchServer.broadcast(context)));
    Thread watch = new Thread(() -> tellWhenReady(arguments.number("port", 0)), "bench-ready");
    watch.setDaemon(true);
    watch.start();
  }

  /** Jetty takes connections before its applications have started, and answers none until then. */
  private static void tellWhenReady(int port) {
    while (!answers(port)) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    System.out.println("port " + port);
    System.out.println("ready");
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      // Where nobody listens, a socket can be connected to itself, and reads what it has written.
      return socket.getInputStream().read() == 'H';
    } catch (IOException e) {
      return false;
    }
  }
}
