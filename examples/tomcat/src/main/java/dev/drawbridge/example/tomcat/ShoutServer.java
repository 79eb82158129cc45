package dev.drawbridge.example.tomcat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.filters.DrawbridgeFilters;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.websocket.server.WsSci;

/** Tomcat with Drawbridge's endpoint, and beside it a Jakarta endpoint behind the same filters. */
public final class ShoutServer {
  private static final Map<String, User> USERS =
      Map.of("alice", User.of("alice", "Alice", Set.of()), "bob", User.of("bob", "Bob", Set.of()));

  private ShoutServer() {}

  /** Serves {@code /ws} and {@code /shout} at port 8080 until the process is stopped. */
  public static void main(String[] args) throws Exception {
    start(8080).getServer().await();
  }

  static Tomcat start(int port) throws Exception {
    Tomcat tomcat = server(port);
    Context application = application(tomcat);
    // The container's own WebSocket, which both go through; our filters stand in front of it.
    application.addServletContainerInitializer(new WsSci(), Set.of(Shout.class));
    application.addServletContainerInitializer(
        (classes, context) -> {
          Drawbridge.install(context, "/ws", ShoutServer::endpoint);
          DrawbridgeFilters.install(context, "/shout");
        },
        Set.of());
    started(tomcat, application);
    return tomcat;
  }

  private static void endpoint(Endpoint.Builder endpoint) {
    endpoint.on("shout", String.class, (text, connection) -> text.toUpperCase(Locale.ROOT));
  }

  static Tomcat server(int port) throws IOException {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(Files.createTempDirectory("shout").toString());
    tomcat.setPort(port);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    return tomcat;
  }

  static Context application(Tomcat tomcat) {
    Context application = tomcat.addContext("", null);
    application.addServletContainerInitializer(
        (classes, context) -> {
          // Without a servlet behind it Tomcat calls no filter, not even its own.
          context.addServlet("default", new DefaultServlet()).addMapping("/");
          context.setAttribute(
              UserSource.class.getName(),
              (UserSource) subject -> Optional.ofNullable(USERS.get(subject)));
        },
        Set.of());
    return application;
  }

  /** Tomcat starts without an application that failed; a program wants to know. */
  static void started(Tomcat tomcat, Context application) throws LifecycleException {
    tomcat.start();
    if (!application.getState().isAvailable()) {
      tomcat.stop();
      tomcat.destroy();
      throw new IllegalStateException("the application does not start; the log says why");
    }
  }
}
