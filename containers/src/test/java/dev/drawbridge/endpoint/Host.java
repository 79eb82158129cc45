package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A container in a class loader of its own, which has the container's jars, the endpoint and the
 * application of the contract, and nothing of other containers.
 */
enum Host {
  JETTY_DIRECT(JettyServer.class, "jetty", null, Map.of()),
  JETTY_API(JettyServer.class, "jetty", null, Map.of("drawbridge.transport", "jetty-api")),
  JETTY_EE10(JettyServer.class, "jetty-ee10", "jetty.ee10", Map.of()),
  JETTY_EE10_OLDEST(JettyServer.class, null, "jetty.oldest", Map.of()),
  TOMCAT_10_OLDEST(TomcatServer.class, null, "tomcat10.oldest", Map.of()),
  TOMCAT_10(TomcatServer.class, null, "tomcat10.newest", Map.of()),
  TOMCAT_11_OLDEST(TomcatServer.class, null, "tomcat11.oldest", Map.of()),
  TOMCAT_11(TomcatServer.class, "tomcat", null, Map.of()),
  TOMCAT_11_NIO2(
      TomcatServer.class,
      "tomcat",
      null,
      Map.of("protocol", "org.apache.coyote.http11.Http11Nio2Protocol")),
  TOMCAT_11_VIRTUAL(TomcatServer.class, "tomcat", null, Map.of("virtual", "true")),
  UNDERTOW_OLDEST(UndertowServer.class, "undertow", "undertow.oldest", Map.of()),
  UNDERTOW(UndertowServer.class, "undertow", null, Map.of()),
  UNDERTOW_WORKER(UndertowServer.class, "undertow", null, Map.of("worker", "true"));

  static final TestTokens TOKENS = new TestTokens();

  private static final String CLASS_PATH =
      System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

  private final Class<?> server;
  private final String kind;
  private final String folder;

  @SuppressWarnings("ImmutableEnumChecker") // A map that is unmodifiable.
  private final Map<String, String> options;

  /**
   * One.
   *
   * @param kind whose jars of the class path it has; null when all are in the folder
   * @param folder of what it has of another release; null for the one of the class path
   */
  Host(Class<?> server, String kind, String folder, Map<String, String> options) {
    this.server = server;
    this.kind = kind;
    this.folder = folder;
    this.options = options;
  }

  /** A started server. */
  static final class Running implements AutoCloseable {
    private final UnaryOperator<String> server;
    private final URLClassLoader classes;
    final int port;
    private boolean stopped;

    private Running(UnaryOperator<String> server, URLClassLoader classes) {
      this.server = server;
      this.classes = classes;
      this.port = Integer.parseInt(server.apply("port"));
    }

    /** What {@link HostedApplication#apply} says. */
    String ask(String words) {
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      thread.setContextClassLoader(classes);
      try {
        return server.apply(words);
      } finally {
        thread.setContextClassLoader(before);
      }
    }

    URI uri() {
      return URI.create("ws://127.0.0.1:" + port + "/ws");
    }

    RecordingClient connect(String subject) {
      return RecordingClient.connect(uri(), TOKENS.of(subject));
    }

    /** Connects by hand and reads the welcome. */
    RawSocket raw(String subject) throws IOException {
      RawSocket socket = new RawSocket(port, subject);
      RawSocket.Frame welcome = socket.read();
      if (!welcome.text().startsWith("{\"type\":\"welcome\"")) {
        throw new AssertionError("expected the welcome, got " + welcome.text());
      }
      return socket;
    }

    void awaitEmpty() {
      await(
          "no connection is in any index",
          Duration.ofSeconds(10),
          () -> ask("empty").equals("true"));
    }

    void stop() {
      if (!stopped) {
        stopped = true;
        ask("stop");
      }
    }

    @Override
    public void close() throws IOException {
      try {
        stop();
      } finally {
        classes.close();
      }
    }
  }

  /**
   * Starts one.
   *
   * @param more settings and their values; {@code withoutJar} leaves out the jars whose names begin
   *     so, {@code withoutWebSocket} what switches it on, {@code withApi} puts that of Jakarta EE
   *     10 in front
   */
  Running start(String... more) throws Exception {
    Map<String, String> settings = new LinkedHashMap<>(options);
    settings.put("ENVIRONMENT", "development");
    settings.put("WEBSOCKET_DEV_MODE", "true");
    settings.put("drawbridge.jwt.secret", TestTokens.SECRET);
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    URLClassLoader classes =
        new URLClassLoader(
            name(),
            urls(settings.getOrDefault("withoutJar", "no jar"), settings.containsKey("withApi")),
            ClassLoader.getPlatformClassLoader());
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classes);
    try {
      @SuppressWarnings("unchecked")
      Function<Map<String, String>, UnaryOperator<String>> starter =
          (Function<Map<String, String>, UnaryOperator<String>>)
              classes.loadClass(server.getName()).getConstructor().newInstance();
      return new Running(starter.apply(settings), classes);
    } catch (Exception e) {
      classes.close();
      throw e;
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private URL[] urls(String left, boolean withApi) throws IOException {
    List<Path> jars = new ArrayList<>();
    if (withApi) {
      classPath()
          .filter(entry -> owner(entry).equals("websocket"))
          .map(Path::of)
          .forEach(jars::add);
    }
    if (folder != null) {
      try (Stream<Path> files = Files.list(Path.of("target", folder))) {
        files.forEach(jars::add);
      }
    }
    classPath().filter(this::isOnes).map(Path::of).forEach(jars::add);
    jars.removeIf(jar -> String.valueOf(jar.getFileName()).startsWith(left));
    return jars.stream().map(Host::url).toArray(URL[]::new);
  }

  private static Stream<String> classPath() {
    return Arrays.stream(CLASS_PATH.split(java.io.File.pathSeparator))
        .map(entry -> entry.replace('\\', '/'));
  }

  private boolean isOnes(String path) {
    if (folder != null && path.contains("/io/undertow/")) {
      // Of another release.
      return false;
    }
    if ("jetty-ee10".equals(kind) && path.contains("/ee11/")) {
      // Beside it are the parts that both share.
      return false;
    }
    String owner = owner(path);
    return switch (owner) {
      case "everybody" -> true;
      case "jetty" -> kind != null && kind.startsWith("jetty");
      case "servlet" -> "jetty".equals(kind) || "undertow".equals(kind);
      case "websocket" -> "undertow".equals(kind);
      default -> owner.equals(kind);
    };
  }

  private static String owner(String path) {
    if (path.contains("/org/eclipse/jetty/") || path.contains("/org/ow2/asm/")) {
      return "jetty";
    }
    if (path.contains("/org/apache/tomcat/")) {
      return "tomcat";
    }
    if (Stream.of("/io/undertow/", "/org/jboss/", "/org/wildfly/", "/io/smallrye/")
        .anyMatch(path::contains)) {
      return "undertow";
    }
    if (path.contains("/jakarta/websocket/")) {
      return "websocket";
    }
    return path.contains("/jakarta/") ? "servlet" : "everybody";
  }

  private static URL url(Path jar) {
    try {
      return jar.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until something is true; fails the test when it does not become so. */
  static void await(String what, Duration patience, BooleanSupplier condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + patience.toMillis() + " ms: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }
}
