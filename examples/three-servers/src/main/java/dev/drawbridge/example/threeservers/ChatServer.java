package dev.drawbridge.example.threeservers;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.ee11.servlet.DefaultServlet;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.resource.Resource;
import org.eclipse.jetty.util.resource.ResourceFactory;

/**
 * One of the servers. Nothing in it knows of the others: that there are some stands in its
 * environment, as {@code DRAWBRIDGE_CLUSTER}, {@code _NAME} and {@code _URL}.
 */
public final class ChatServer {
  private ChatServer() {}

  /**
   * Serves until its standard input ends; prints {@code ready} when it does.
   *
   * @param args its name and its port
   */
  public static void main(String[] args) throws Exception {
    ServletContextHandler application = application(args[0]);
    Server server =
        new Server(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1])));
    server.setHandler(application);
    server.start();
    // A stop in order: pages are told when to come back, and come back to another server.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server, application), "drain"));
    System.out.println("ready");
    endWithInput();
  }

  private static ServletContextHandler application(String name) {
    ServletContextHandler application = new ServletContextHandler("/");
    application.setAttribute(
        UserSource.class.getName(),
        (UserSource) subject -> Optional.of(User.of(subject, subject, Set.of())));
    application.addServletContainerInitializer(
        (classes, context) ->
            Drawbridge.install(context, "/ws", endpoint -> endpoint(endpoint, name)));
    application.setBaseResource(
        ResourceFactory.combine(resource(application, "page"), client(application)));
    application.addServlet(new ServletHolder("page", DefaultServlet.class), "/");
    return application;
  }

  private static void endpoint(Endpoint.Builder endpoint, String name) {
    endpoint.channel(
        "room:",
        rules ->
            rules
                .authorize((user, action, channels) -> channels)
                .clientPublish("chat.message", JsonNode.class)
                .presence());
    // For the show only: which server a connection is on.
    endpoint.on("server", Void.class).handle((nothing, connection) -> Map.of("name", name));
  }

  private static Resource resource(ServletContextHandler application, String path) {
    return Objects.requireNonNull(
        ResourceFactory.of(application).newClassLoaderResource(path), path);
  }

  /** The modules of the client, which its jar holds. */
  private static Resource client(ServletContextHandler application) {
    return resource(application, "META-INF/resources");
  }

  private static void stop(Server server, ServletContextHandler application) {
    try {
      Connections.of(application.getServletContext()).drain().toCompletableFuture().join();
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** So that it does not outlive who has started it. */
  private static void endWithInput() throws IOException {
    while (System.in.read() >= 0) {
      // Nothing is said here.
    }
    Runtime.getRuntime().halt(0);
  }
}
