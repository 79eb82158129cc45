package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.drawbridge.endpoint.internal.transport.HandshakeRequest;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.Traits;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.endpoint.internal.transport.TransportOwner;
import dev.drawbridge.endpoint.internal.warmup.WarmUp;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.testing.CapturedLog;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.management.ObjectName;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.websocket.server.JettyWebSocketServerContainer;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.WebSocketSessionListener;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a start does before anybody is there, and that nothing is left of it. Alone: it hears all of
 * the log, and there is one warm-up for all of a JVM.
 */
@Isolated
class WarmUpTest {
  private static final String SETTING = "drawbridge.warm.up";
  private static final String SHORT = "300ms";
  private static final Pattern TIME = Pattern.compile("^warmed up in (\\d+) ms");

  @BeforeEach
  void coldAgain() {
    WarmUp.again();
  }

  private static TestServer.Setup production() {
    return TestServer.setup()
        .production()
        .set(SETTING, SHORT)
        .cors()
        .set("WEBSOCKET_ALLOWED_ORIGINS", "https://app.example.org");
  }

  private static CapturedLog log() {
    return new CapturedLog("dev.drawbridge", Level.INFO);
  }

  private static List<String> told(CapturedLog log) {
    return log.lines().stream()
        .map(CapturedLog.Line::message)
        .filter(line -> line.contains("warmed up"))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "jetty-api"})
  void leavesNothingButOneLine(String transport) throws Exception {
    MeterRegistry meters = new SimpleMeterRegistry();
    TestServer.Setup setup =
        production()
            .set("drawbridge.transport", transport)
            .attribute(MeterRegistry.class.getName(), meters);

    Set<String> attributes;
    Set<ObjectName> beans;
    List<String> lines;
    try (CapturedLog cold = log();
        TestServer server = setup.set(SETTING, "0s").start()) {
      attributes = attributes(server);
      beans = beans();
      lines = lines(cold);
    }

    try (CapturedLog warm = log();
        TestServer warmed = setup.set(SETTING, SHORT).start()) {
      assertThat(told(warm))
          .singleElement()
          .asString()
          .matches("warmed up in \\d+ ms: [1-9]\\d* handshakes with messages");
      assertThat(lines(warm)).isEqualTo(lines);
      assertThat(attributes(warmed)).isEqualTo(attributes);
      assertThat(warmed.core().runtime().attempts().total()).isZero();
      assertThat(warmed.connections().isEmpty()).isTrue();
      assertThat(warmed.directory().stats().loads()).isZero();
      assertThat(warmed.directory().stats().hits()).isZero();
      assertThat(warmed.core().heartbeat().pingsSent()).isZero();
      assertThat(counts(meters)).isEmpty();
      assertThat(threads()).noneMatch(name -> name.equals("drawbridge-warm-up"));
      assertThat(beans()).isEqualTo(beans);
    }
  }

  /** Listeners of Jetty's, handlers, what comes first and last, and users of its own. */
  @ParameterizedTest
  @ValueSource(strings = {"auto", "jetty-api"})
  void applicationHearsNothing(String transport) {
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    TestServer.Setup setup =
        production()
            .set("drawbridge.transport", transport)
            .endpoint(
                endpoint -> {
                  container().addSessionListener(new Hearing(heard));
                  endpoint
                      .onOpen(connection -> heard.add("onOpen"))
                      .onClose((connection, close) -> heard.add("onClose"))
                      .on("said", String.class, (data, connection) -> heard.add("said"));
                });

    try (CapturedLog log = log();
        TestServer server = setup.start()) {
      assertThat(told(log)).singleElement().asString().contains("handshakes with messages");
      assertThat(heard).isEmpty();
      assertThat(server.users().loads()).isZero();
      try (RecordingClient alice = server.connect("alice")) {
        alice.leave();
      }
      TestServer.await("it hears of clients", () -> heard.contains("opened"));
    }
  }

  /** It has a key of its own, so that nobody waits for one that does not answer. */
  @Test
  void keySetOutOfReachHoldsNothing() {
    try (CapturedLog log = log();
        TestServer server =
            production()
                .unset("drawbridge.jwt.secret")
                .set("drawbridge.jwt.jwks.url", "https://127.0.0.1:1/keys")
                .start()) {
      assertThat(told(log)).singleElement().asString().contains("handshakes with messages");
      assertThat(server.connections().isEmpty()).isTrue();
    }
  }

  private static JettyWebSocketServerContainer container() {
    return JettyWebSocketServerContainer.ensureContainer(
        ServletContextHandler.getCurrentServletContextHandler().getServletContext());
  }

  /** As an application may have one in Jetty. */
  private record Hearing(Queue<String> heard) implements WebSocketSessionListener {
    @Override
    public void onWebSocketSessionOpened(Session session) {
      heard.add("opened");
    }
  }

  private static Set<ObjectName> beans() throws Exception {
    return ManagementFactory.getPlatformMBeanServer()
        .queryNames(new ObjectName("dev.drawbridge:*"), null);
  }

  private static Set<String> attributes(TestServer server) {
    return Set.copyOf(Collections.list(server.context().getServletContext().getAttributeNames()));
  }

  /** Without the setting itself, which the first line of a start shows. */
  private static List<String> lines(CapturedLog log) {
    return log.lines().stream()
        .map(CapturedLog.Line::message)
        .filter(line -> !line.contains("warmed up") && !line.contains("production mode"))
        .toList();
  }

  /** Meters that have counted something. */
  private static List<String> counts(MeterRegistry meters) {
    return meters.getMeters().stream()
        .filter(meter -> meter.getId().getType() != Meter.Type.GAUGE)
        .filter(
            meter ->
                StreamSupport.stream(meter.measure().spliterator(), false)
                    .filter(
                        one ->
                            one.getStatistic() == Statistic.COUNT
                                || one.getStatistic() == Statistic.TOTAL)
                    .anyMatch(one -> one.getValue() != 0))
        .map(meter -> meter.getId().getName())
        .toList();
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .collect(Collectors.toSet());
  }

  @Test
  void weakensNoCheck() {
    try (TestServer server = production().start()) {
      assertThat(server.get("/ws/diagnose", "Origin", "https://warm-up.example.org").statusCode())
          .isEqualTo(403);
      assertThat(
              server
                  .get("/ws/diagnose", "Authorization", "Bearer " + TestServer.TOKENS.of("warm-up"))
                  .body())
          .contains("user_not_found");
      try (RecordingClient alice = server.connect("alice")) {
        alice.leave();
      }
    }
  }

  @Test
  void isOverWhenItsTimeIs() {
    try (CapturedLog log = log();
        TestServer server = production().set(SETTING, "1s").start()) {
      TestServer.await("a line says so", () -> !told(log).isEmpty());
      Matcher line = TIME.matcher(told(log).get(0));
      // Else it was given up, on a machine that has no time for it.
      if (line.find()) {
        assertThat(Long.parseLong(line.group(1))).isLessThan(10_000);
      }
      assertThat(server.connections().isEmpty()).isTrue();
    }
  }

  @Test
  void isNotDoneTwice() {
    try (CapturedLog log = log()) {
      production().start().close();
      production().start().close();

      assertThat(told(log)).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void isOffWhereItIsSetAndInDevMode(boolean development) {
    TestServer.Setup setup = development ? TestServer.setup() : production().set(SETTING, "0s");

    try (CapturedLog log = log();
        TestServer server = setup.start()) {
      assertThat(told(log)).isEmpty();
      assertThat(server.connections().isEmpty()).isTrue();
    }
  }

  @Test
  void whoLooksAtEachHandshakeSeesThoseOfClientsAlone() {
    try (CapturedLog log = new CapturedLog("dev.drawbridge", Level.DEBUG);
        TestServer server = production().start()) {
      assertThat(log.lines()).noneMatch(line -> line.message().contains("handshake"));
      assertThat(server.connections().isEmpty()).isTrue();
    }
  }

  /** A start that goes wrong in some way. */
  enum Failure {
    THROWS(
        upgrade -> {
          throw new IllegalStateException("no such luck");
        }),
    LINKS_NOT(
        upgrade -> {
          throw new NoClassDefFoundError("org/example/Missing");
        }),
    STARTS_NOT(
        upgrade ->
            new HttpServlet() {
              private static final long serialVersionUID = 1L;

              @Override
              public void init(ServletConfig config) throws ServletException {
                throw new ServletException("no such luck");
              }
            }),
    ANSWERS_NOT(
        upgrade ->
            new HttpServlet() {
              private static final long serialVersionUID = 1L;
            }),
    HANGS(
        upgrade -> {
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new IllegalStateException("interrupted");
        });

    @SuppressWarnings("ImmutableEnumChecker") // Without state.
    private final Function<SocketUpgrade, HttpServlet> twin;

    Failure(Function<SocketUpgrade, HttpServlet> twin) {
      this.twin = twin;
    }
  }

  @ParameterizedTest
  @EnumSource(Failure.class)
  void failureOfItChangesNothing(Failure failure) {
    try (CapturedLog log = log();
        TestServer server = production().set(SETTING, "50ms").start()) {
      WarmUp.again();
      log.clear();
      long began = System.nanoTime();

      WarmUp.run(
          server.context().getServletContext(),
          server.core().runtime(),
          new Untouched(),
          failure.twin);

      assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(20));
      TestServer.await("a line says so", () -> !told(log).isEmpty());
      assertThat(log.messages())
          .singleElement()
          .asString()
          .startsWith("not warmed up, which changes nothing but the first seconds: ");
      try (RecordingClient alice = server.connect("alice")) {
        alice.leave();
      }
    }
  }

  /** Nothing goes through it. */
  private static final class Untouched implements SocketUpgrade {
    @Override
    public boolean upgrade(
        HandshakeRequest request, HttpServletResponse response, TransportOwner owner) {
      return false;
    }

    @Override
    public TransportChoice transport() {
      return new TransportChoice(Traits.JETTY_API, "a test", null);
    }
  }
}
