package dev.drawbridge.bench.load.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.zaxxer.hikari.HikariDataSource;
import dev.drawbridge.bench.BenchUsers;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServlet;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServletFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwt.MalformedClaimException;
import org.jose4j.jwt.consumer.InvalidJwtException;
import org.jose4j.jwt.consumer.JwtConsumer;
import org.jose4j.jwt.consumer.JwtConsumerBuilder;

/**
 * What a team writes by itself in an afternoon on the same Jetty: a list of origins, a filter with
 * jose4j and one select for each handshake on a pool, and an echo that parses the message into a
 * record and answers with an ack. No cache, no limits, no heartbeat.
 */
public final class HandWritten {
  private static final String DATABASE = "jdbc:h2:mem:hand;DB_CLOSE_DELAY=-1";
  private static final Set<String> ORIGINS =
      Set.of("http://localhost:3000", "http://127.0.0.1:3000", "https://app.example.org");
  static final ObjectMapper JSON = new ObjectMapper();

  private HandWritten() {}

  /** A message of the echo. */
  public record Message(String type, String id, JsonNode data) {}

  /** The answer to it. */
  public record Ack(String type, String id, JsonNode data) {}

  /** Lets in the pages of a list; who is no page names no origin. */
  static final class OriginFilter extends HttpFilter {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doFilter(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      String origin = request.getHeader("Origin");
      if (origin == null || ORIGINS.contains(origin)) {
        chain.doFilter(request, response);
      } else {
        response.sendError(403);
      }
    }
  }

  /** Verifies the token and finds the user. */
  static final class TokenFilter implements Filter {
    private final JwtConsumer consumer;
    private final HikariDataSource pool;

    TokenFilter(JwtConsumer consumer, HikariDataSource pool) {
      this.consumer = consumer;
      this.pool = pool;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      String header = ((HttpServletRequest) request).getHeader("Authorization");
      try {
        if (header != null && header.startsWith("Bearer ")) {
          String subject = consumer.processToClaims(header.substring(7)).getSubject();
          if (isActive(subject)) {
            chain.doFilter(request, response);
            return;
          }
        }
      } catch (InvalidJwtException | MalformedClaimException e) {
        // Refused below.
      } catch (SQLException e) {
        throw new ServletException(e);
      }
      ((HttpServletResponse) response).sendError(401);
    }

    private boolean isActive(String subject) throws SQLException {
      try (Connection connection = pool.getConnection();
          PreparedStatement select =
              connection.prepareStatement("SELECT status FROM app_user WHERE subject = ?")) {
        select.setString(1, subject);
        try (ResultSet rows = select.executeQuery()) {
          return rows.next() && rows.getString(1).equals("ACTIVE");
        }
      }
    }
  }

  /** One connection; public because Jetty reaches it by reflection. */
  public static final class AckSocket implements Session.Listener.AutoDemanding {
    private Session session;

    @Override
    public void onWebSocketOpen(Session opened) {
      session = opened;
    }

    /** A client that is cut; without this method Jetty logs a line for each. */
    @Override
    public void onWebSocketError(Throwable cause) {}

    @Override
    public void onWebSocketText(String text) {
      try {
        Message message = JSON.readValue(text, Message.class);
        session.sendText(
            JSON.writeValueAsString(new Ack("ack", message.id(), message.data())), Callback.NOOP);
      } catch (JsonProcessingException e) {
        session.close();
      }
    }
  }

  /** Upgrades everybody that the filter lets in. */
  public static final class AckServlet extends JettyWebSocketServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(JettyWebSocketServletFactory factory) {
      factory.setIdleTimeout(java.time.Duration.ofMinutes(10));
      factory.setCreator(
          (request, response) -> {
            if (request.getSubProtocols().contains("drawbridge.v1")) {
              response.setAcceptedSubProtocol("drawbridge.v1");
            }
            return new AckSocket();
          });
    }
  }

  /** The filter, with its users. */
  static TokenFilter filter(Arguments arguments) throws SQLException {
    BenchUsers.create(DATABASE, arguments.number("users", 1000));
    HikariDataSource pool = new HikariDataSource();
    pool.setJdbcUrl(DATABASE);
    JwtConsumer consumer =
        new JwtConsumerBuilder()
            .setVerificationKey(
                new SecretKeySpec(
                    arguments.required("secret").getBytes(StandardCharsets.UTF_8), "HMAC"))
            .setJwsAlgorithmConstraints(
                AlgorithmConstraints.ConstraintType.PERMIT, arguments.text("alg", "HS256"))
            .setExpectedIssuer(arguments.text("issuer", "http://localhost"))
            .setExpectedAudience(arguments.text("audience", "drawbridge"))
            .setRequireExpirationTime()
            .setRequireSubject()
            .build();
    return new TokenFilter(consumer, pool);
  }

  /** Starts the server and serves until it is stopped. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    ServletContextHandler context = new ServletContextHandler();
    for (Filter each : List.of(new OriginFilter(), filter(arguments))) {
      FilterHolder filter = new FilterHolder(each);
      filter.setAsyncSupported(true);
      context.addFilter(filter, "/ws", EnumSet.of(DispatcherType.REQUEST));
    }
    context.addServlet(new ServletHolder(AckServlet.class), "/ws/*");
    Server server = Jetty.start(arguments, context);
    Control.listen(Map.of());
    System.out.println("ready");
    server.join();
  }
}
