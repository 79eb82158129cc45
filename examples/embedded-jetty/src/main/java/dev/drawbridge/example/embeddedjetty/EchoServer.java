package dev.drawbridge.example.embeddedjetty;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.Drawbridge;
import dev.drawbridge.endpoint.Endpoint;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;

/** An endpoint in an embedded Jetty. */
public final class EchoServer {
  private static final Map<String, User> USERS =
      Map.of("alice", User.of("alice", "Alice", Set.of()), "bob", User.of("bob", "Bob", Set.of()));

  private EchoServer() {}

  /** Serves {@code ws://localhost:8080/ws} until the process is stopped. */
  public static void main(String[] args) throws Exception {
    start(8080).join();
  }

  static Server start(int port) throws Exception {
    ServletContextHandler application = new ServletContextHandler("/");
    application.setAttribute(
        UserSource.class.getName(),
        (UserSource) subject -> Optional.ofNullable(USERS.get(subject)));
    application.addServletContainerInitializer(
        (classes, context) -> Drawbridge.install(context, "/ws", EchoServer::endpoint));
    Server server = new Server(new InetSocketAddress("localhost", port));
    server.setHandler(application);
    server.start();
    return server;
  }

  private static void endpoint(Endpoint.Builder endpoint) {
    endpoint.on("echo", JsonNode.class, (message, connection) -> message);
  }
}
