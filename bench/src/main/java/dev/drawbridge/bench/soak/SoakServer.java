package dev.drawbridge.bench.soak;

import dev.drawbridge.bench.BenchUsers;
import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.bench.load.server.Control;
import dev.drawbridge.bench.load.server.Jetty;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.endpoint.HeartbeatStats;
import dev.drawbridge.endpoint.testkit.TestTokens;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import jakarta.servlet.DispatcherType;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;

/**
 * The server under the soak: production mode with the defaults of every setting, users in H2, a
 * chat between users, an echo, and numbered news for everybody.
 */
public final class SoakServer {
  private static final String DATABASE = "jdbc:h2:mem:soak;DB_CLOSE_DELAY=-1";
  private static final int NEWS_SECONDS = 5;

  private SoakServer() {}

  /** One message to another user. */
  public record Chat(String to, int n) {}

  /** What the other user gets. */
  public record ChatMessage(String from, int n) {}

  /** Data that comes back. */
  public record Echo(String text) {}

  /** The endpoint under the soak. */
  public static final class SoakServlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      endpoint.on("echo", Echo.class, (message, connection) -> message);
      endpoint.on(
          "chat.send",
          Chat.class,
          (message, connection) ->
              // The ack comes when it is written to the other: what it says can be counted on.
              connections()
                  .forUser(message.to())
                  .send("chat.message", new ChatMessage(connection.user().subject(), message.n())));
    }
  }

  /** Starts the server and serves until it is stopped. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    BenchUsers.create(DATABASE, arguments.number("users", 1000));
    ServletContextHandler context = new ServletContextHandler();
    context.setInitParameter("drawbridge.db.url", DATABASE);
    context.setInitParameter("drawbridge.jwt.issuer", TestTokens.ISSUER);
    context.setInitParameter("drawbridge.jwt.audience", TestTokens.AUDIENCE);
    context.setInitParameter("drawbridge.jwt.secret", TestTokens.SECRET);
    FilterHolder cors = new FilterHolder(DevCorsFilter.class);
    cors.setAsyncSupported(true);
    context.addFilter(cors, "/*", EnumSet.of(DispatcherType.REQUEST));
    FilterHolder jwt = new FilterHolder(JwtHandshakeFilter.class);
    jwt.setAsyncSupported(true);
    context.addFilter(jwt, "/ws", EnumSet.of(DispatcherType.REQUEST));
    context.addFilter(jwt, "/ws/diagnose", EnumSet.of(DispatcherType.REQUEST));
    ServletHolder servlet = new ServletHolder(SoakServlet.class);
    servlet.setInitOrder(1);
    servlet.setAsyncSupported(true);
    context.addServlet(servlet, "/ws/*");
    Server server = Jetty.start(arguments, context);
    Connections connections = Connections.of(context.getServletContext());
    AtomicInteger news = new AtomicInteger();
    ScheduledExecutorService timer = startNews(connections, news);
    Control.listen(
        Map.of(
            "connections", () -> String.valueOf(connections.size()),
            "heartbeat", () -> heartbeat(connections.heartbeat()),
            "stop-news",
                () -> {
                  timer.shutdown();
                  return String.valueOf(news.get());
                }));
    System.out.println("ready");
    server.join();
  }

  @SuppressWarnings("FutureReturnValueIgnored") // It runs until the timer is shut down.
  private static ScheduledExecutorService startNews(Connections connections, AtomicInteger news) {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    timer.scheduleAtFixedRate(
        () -> connections.all().send("news", Map.of("n", news.incrementAndGet())),
        NEWS_SECONDS,
        NEWS_SECONDS,
        TimeUnit.SECONDS);
    return timer;
  }

  private static String heartbeat(HeartbeatStats stats) {
    return stats.pingsSent() + " " + stats.answeredInTime() + " " + stats.answeredLate();
  }
}
