package dev.drawbridge.site;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.Database;
import dev.drawbridge.db.DbSession;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.endpoint.ChannelAction;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.MessageHandler;
import dev.drawbridge.outbox.Outbox;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import javax.crypto.SecretKey;
import javax.sql.DataSource;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.jspecify.annotations.Nullable;

/**
 * What the documents take for granted around their blocks of Java: an application with orders and a
 * chat. A block is compiled as members or as statements of a class that extends this one.
 */
@SuppressWarnings({"serial", "NullAway"})
abstract class Surroundings extends HttpServlet {
  record ChatSend(String to, String text) {}

  record ChatMessage(String from, String text) {}

  record Sent(Instant at) {}

  record Order(String id, String state) {}

  record Room(String name) {}

  interface Orders {
    Order close(String id);

    Order oldest();

    List<Order> open();

    void pay(long id);
  }

  interface Rooms {
    Set<String> allowed(User user, ChannelAction action, Set<String> channels);
  }

  interface Json {
    void write(HttpServletResponse response, Map<String, ?> data);
  }

  /** Of the test that CONTRIBUTING.md shows. */
  interface Tokens {
    String expired(String subject);
  }

  interface Server {
    HttpResponse<String> handshake(String token);
  }

  /** Of examples/legacy-db. */
  static final class Customers {
    static UserSource byCode(Database database) {
      return UserSource.table(database);
    }
  }

  static final class ChatServlet extends DrawbridgeServlet {
    @Override
    protected void configure(Endpoint.Builder endpoint) {
      endpoint.on("echo", JsonNode.class, (data, connection) -> data);
    }
  }

  static final class ChatHandler implements MessageHandler<ChatSend> {
    private final Connections connections;

    ChatHandler(Connections connections) {
      this.connections = connections;
    }

    @Override
    public @Nullable Object handle(ChatSend message, Connection connection) {
      connections.forUser(message.to()).send("chat.message", message);
      return null;
    }
  }

  protected transient ServletContext context;
  protected transient ServletContext servletContext;
  protected transient ServletContextHandler application;
  protected transient Endpoint.Builder endpoint;
  protected transient Database database;
  protected transient DbSession session;
  protected transient Orders orders;
  protected transient Rooms rooms;
  protected transient Json json;
  protected transient Tokens tokens;
  protected transient Server server;
  protected transient DataSource dataSource;
  protected transient Outbox outbox;
  protected transient SecretKey key;
  protected transient Date now;
  protected transient Date in15Minutes;
  protected transient Order order;
  protected transient HttpServletResponse response;
  protected transient ScheduledExecutorService jobs;
  protected transient URI uri;
  protected String url;
  protected String owner;
  protected String password;
  protected String customer;
  protected String item;
}
