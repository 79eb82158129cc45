package dev.drawbridge.bench;

import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.bench.load.server.Control;
import dev.drawbridge.bench.load.server.Jetty;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.DrawbridgeServlet;
import dev.drawbridge.endpoint.Endpoint;
import dev.drawbridge.filters.cors.DevCorsFilter;
import dev.drawbridge.filters.jwt.JwtHandshakeFilter;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;

/**
 * Drawbridge in production mode for load drivers: the filters, the servlet and their mappings of
 * the sample's {@code web.xml}, users {@code user-0} to {@code user-(N-1)} in H2, and the type
 * {@code echo}, whose ack holds the data that was sent. Prints {@code ready} when it serves;
 * README.md lists the arguments.
 */
public final class BenchServer {
  static final String DATABASE = "jdbc:h2:mem:bench;DB_CLOSE_DELAY=-1";

  /** What an operator sets for a load test whose clients all come from one address. */
  private static final Map<String, String> WIDE_LIMITS =
      Map.of(
          "drawbridge.connections.max", "1000000",
          "drawbridge.connections.per.user", "1000000",
          "drawbridge.connections.per.address", "1000000",
          "drawbridge.messages.per.second", "1000000",
          "drawbridge.message.burst", "1000000",
          "drawbridge.auth.failures.per.minute", "1000000",
          "drawbridge.user.cache.size", "1000000");

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private BenchServer() {}

  /**
   * The data of {@code work}.
   *
   * @param nanos processor time that its handler takes
   */
  record Work(String text, long nanos) {}

  /** The endpoint under load. */
  public static final class EchoServlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      if (Boolean.getBoolean("bench.readers")) {
        // As good as any reader of the application's own: its data is read in its turn.
        endpoint.json(mapper -> {});
      }
      if (Boolean.getBoolean("bench.ordinary")) {
        endpoint.on("echo", Echo.class, (message, connection) -> message);
      } else {
        endpoint.on("echo", Echo.class).onReadingThread().handle((message, connection) -> message);
      }
      endpoint.on("work", Work.class, (message, connection) -> work(message));
      BenchChannels.configure(endpoint);
    }
  }

  /** Starts the server and serves until it is stopped. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    ServletContextHandler context = application(arguments);
    Server server = Jetty.start(arguments, context);
    Map<String, Supplier<String>> words = new HashMap<>();
    words.put("loads", () -> loads(context.getServletContext()));
    words.put("broadcast", () -> broadcast(context.getServletContext()));
    words.putAll(BenchChannels.words(context.getServletContext()));
    Control.listen(words);
    System.out.println("ready");
    server.join();
  }

  /** The application, with its users; not started. */
  static ServletContextHandler application(Arguments arguments) throws Exception {
    BenchUsers.create(DATABASE, arguments.number("users", 1000));
    ServletContextHandler context = new ServletContextHandler();
    settings(arguments).forEach(context::setInitParameter);
    context.addFilter(
        asynchronous(new FilterHolder(DevCorsFilter.class)),
        "/*",
        EnumSet.of(DispatcherType.REQUEST, DispatcherType.ERROR));
    FilterHolder jwt = asynchronous(new FilterHolder(JwtHandshakeFilter.class));
    context.addFilter(jwt, "/ws", EnumSet.of(DispatcherType.REQUEST));
    context.addFilter(jwt, "/ws/diagnose", EnumSet.of(DispatcherType.REQUEST));
    ServletHolder servlet = new ServletHolder(EchoServlet.class);
    servlet.setInitOrder(1);
    servlet.setAsyncSupported(true);
    context.addServlet(servlet, "/ws/*");
    return context;
  }

  static Map<String, String> settings(Arguments arguments) {
    Map<String, String> settings = new LinkedHashMap<>(WIDE_LIMITS);
    settings.put("drawbridge.db.url", DATABASE);
    settings.put("drawbridge.jwt.issuer", arguments.text("issuer", "http://localhost"));
    settings.put("drawbridge.jwt.audience", arguments.text("audience", "drawbridge"));
    settings.put(
        "WEBSOCKET_ALLOWED_ORIGINS",
        arguments.text("origins", "http://localhost:*,http://127.0.0.1:*,https://app.example.org"));
    String cluster = arguments.text("cluster", null);
    if (cluster != null) {
      settings.put("drawbridge.cluster", cluster.startsWith("jdbc:") ? "sql" : "redis");
      settings.put("drawbridge.cluster.name", "bench");
      settings.put("drawbridge.cluster.url", cluster);
    }
    String publicKey = arguments.text("public-key", null);
    if (publicKey == null) {
      settings.put("drawbridge.jwt.secret", arguments.required("secret"));
    } else {
      settings.put("drawbridge.jwt.public.key", publicKey);
    }
    return settings;
  }

  private static FilterHolder asynchronous(FilterHolder filter) {
    filter.setAsyncSupported(true);
    return filter;
  }

  static String loads(ServletContext context) {
    DrawbridgeRuntime runtime = DrawbridgeRuntime.acquire(context);
    try {
      return String.valueOf(runtime.users().stats().loads());
    } finally {
      runtime.release();
    }
  }

  /** Keeps the processor busy; what is slowed down by a known amount tests what measures it. */
  private static Work work(Work work) {
    long until = THREADS.getCurrentThreadCpuTime() + work.nanos();
    while (THREADS.getCurrentThreadCpuTime() < until) {
      Thread.onSpinWait();
    }
    return work;
  }

  static String broadcast(ServletContext context) {
    Connections.of(context).all().send("news", new Echo(Control.broadcastText(), Map.of()));
    return "sent";
  }
}
