package dev.drawbridge.endpoint;

import ch.qos.logback.classic.Level;
import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserSource;
import dev.drawbridge.testing.CapturedLog;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * The application that the contract is tried on, in the class loader of one container. It is asked
 * and told in words, because the tests do not see its classes.
 */
final class HostedApplication implements UnaryOperator<String> {
  private final Queue<String> closes = new ConcurrentLinkedQueue<>();

  /** Whose end the application was not told of yet. */
  private final AtomicInteger open = new AtomicInteger();

  private final AtomicInteger handled = new AtomicInteger();
  private final ContractServlet servlet = new ContractServlet();

  private final CapturedLog log = CapturedLog.beside("dev.drawbridge.endpoint", Level.INFO);

  /** Why the endpoint did not start; empty when it did. */
  private volatile String refusal = "";

  private volatile CountDownLatch gate = new CountDownLatch(1);

  /** The endpoint; public because a container makes no exception. */
  public final class ContractServlet extends DrawbridgeServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void configure(Endpoint.Builder endpoint) {
      endpoint
          .on("echo", JsonNode.class, (data, connection) -> data)
          .on("direct", JsonNode.class)
          .onReadingThread()
          .handle((data, connection) -> data)
          .on(
              "wait",
              JsonNode.class,
              (data, connection) -> {
                boolean opened = gate.await(20, TimeUnit.SECONDS);
                handled.incrementAndGet();
                return opened;
              })
          .on("work", JsonNode.class, (data, connection) -> work(data.asLong()))
          .on(
              "flood",
              JsonNode.class,
              (data, connection) -> {
                String text = "x".repeat(data.get("size").asInt());
                for (int i = 0; i < data.get("count").asInt(); i++) {
                  connection.send("flooded", Map.of("n", i, "text", text));
                }
                return null;
              })
          .on("leave", JsonNode.class, (data, connection) -> leave(data, connection))
          .onOpen(connection -> open.incrementAndGet())
          .onClose(
              (connection, close) -> {
                // Bob only looks whether the server is alive.
                if (!connection.user().subject().equals("bob")) {
                  closes.add(close.code() + " " + close.initiator().word());
                }
                // Last: when none is open, all are told of.
                open.decrementAndGet();
              });
    }

    /** Takes so many microseconds of the processor. */
    private Object work(long micros) {
      long until = System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(micros);
      while (System.nanoTime() - until < 0) {
        Thread.onSpinWait();
      }
      handled.incrementAndGet();
      return null;
    }

    private Object leave(JsonNode data, Connection connection) {
      connection.close(CloseCode.valueOf(data.get("code").asText()), data.get("reason").asText());
      return null;
    }

    @Override
    public void init() throws ServletException {
      try {
        super.init();
      } catch (ServletException e) {
        refusal = e.getMessage();
        throw e;
      }
    }

    boolean isEmpty() {
      var shared = core();
      return shared.connections().isEmpty()
          && shared.admission().isEmpty()
          && shared.opening().isEmpty()
          && open.get() == 0;
    }

    /** True when a client has more to read than it reads. */
    boolean isStuck() {
      return core().connections().links().stream().anyMatch(link -> link.pending() > 5);
    }

    String way() {
      return core().transport().way();
    }

    /** True if this way keeps a promise that not all of them keep. */
    boolean keeps(String promise) {
      return core().transport().keeps(promise);
    }

    Connections all() {
      return connections();
    }
  }

  /** Registers filters and endpoint, as any application does. */
  void install(ServletContext context, Map<String, String> settings) {
    settings.forEach(context::setInitParameter);
    context.setAttribute(
        UserSource.class.getName(),
        (UserSource) subject -> Optional.of(User.of(subject, subject, Set.of("user"))));
    Drawbridge.install(context, "/ws", servlet);
    context.addServlet("session", new SessionServlet()).addMapping("/session");
  }

  /** Begins an HTTP session with GET, and ends it with DELETE. */
  public static final class SessionServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      response.setHeader("X-Session", request.getSession(true).getId());
    }

    @Override
    protected void doDelete(HttpServletRequest request, HttpServletResponse response) {
      request.getSession(false).invalidate();
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }
  }

  @Override
  public String apply(String words) {
    String[] word = words.split(" ", 2);
    return switch (word[0]) {
      case "way" -> servlet.way();
      case "refusal" -> refusal;
      case "keeps" -> Boolean.toString(servlet.keeps(word[1]));
      case "stuck" -> Boolean.toString(servlet.isStuck());
      case "size" -> Integer.toString(servlet.all().size());
      case "empty" -> Boolean.toString(servlet.isEmpty());
      case "closes" -> String.join(", ", closes);
      case "handled" -> Integer.toString(handled.get());
      case "open" -> {
        gate.countDown();
        yield "";
      }
      case "shut" -> {
        gate = new CountDownLatch(1);
        handled.set(0);
        closes.clear();
        yield "";
      }
      case "drain" -> servlet.all().drain().toCompletableFuture().toString();
      case "close" ->
          Integer.toString(servlet.all().all().close(CloseCode.valueOf(word[1]), "bye"));
      case "send" -> servlet.all().all().send("told", Map.of("text", word[1])).toString();
      case "threads" -> threads();
      case "warm-up" ->
          log.containing("warmed up").stream()
              .map(CapturedLog.Line::message)
              .collect(Collectors.joining(", "));
      default -> throw new IllegalArgumentException(words);
    };
  }

  private static String threads() {
    List<String> ours =
        Thread.getAllStackTraces().keySet().stream()
            .filter(
                thread ->
                    thread.getContextClassLoader() == HostedApplication.class.getClassLoader())
            .map(Thread::getName)
            .filter(name -> name.startsWith("drawbridge"))
            .sorted()
            .toList();
    return String.join(", ", ours);
  }
}
