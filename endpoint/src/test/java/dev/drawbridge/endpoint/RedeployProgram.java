package dev.drawbridge.endpoint;

import dev.drawbridge.endpoint.cluster.ClusterEngineFactory;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.ee11.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ContextHandlerCollection;

/**
 * Deploys the endpoint with class loaders of its own, again and again, and tells what stays. Run in
 * a JVM of its own; see RedeployTest.
 */
final class RedeployProgram {
  private static final int TIMES = 20;

  /** What a WAR would hold in WEB-INF/lib. */
  private static final Pattern OURS =
      Pattern.compile(
          ".*/(endpoint|filters|db)/target/.*|.*/drawbridge-(endpoint|filters|db)-[^/]*"
              + "|.*/(jackson|caffeine|HikariCP|jose4j|h2)-[^/]*");

  private static final Pattern CONTAINER =
      Pattern.compile("(qtp|Scheduler-|HttpClient-|ForkJoinPool|C[12] Compiler|Attach Listener).*");

  private RedeployProgram() {}

  public static void main(String[] arguments) {
    try {
      run(Path.of(arguments[0]));
    } catch (Exception | Error e) {
      e.printStackTrace(System.out);
    } finally {
      // The server's threads would keep the JVM.
      System.exit(0);
    }
  }

  private static void run(Path directory) throws Exception {
    Files.createDirectories(directory.resolve("WEB-INF"));
    Files.writeString(
        directory.resolve("WEB-INF/web.xml"),
        """
        <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0" metadata-complete="true">
          <context-param><param-name>ENVIRONMENT</param-name>
            <param-value>development</param-value></context-param>
          <context-param><param-name>WEBSOCKET_DEV_MODE</param-name>
            <param-value>true</param-value></context-param>
          <context-param><param-name>drawbridge.jwt.secret</param-name>
            <param-value>%s</param-value></context-param>
          <context-param><param-name>drawbridge.warm.up</param-name>
            <param-value>100ms</param-value></context-param>
          <context-param><param-name>drawbridge.cluster</param-name>
            <param-value>redeploy</param-value></context-param>
          <context-param><param-name>drawbridge.cluster.name</param-name>
            <param-value>shop</param-value></context-param>
          <context-param><param-name>drawbridge.user.query</param-name>
            <param-value>SELECT CAST(:subject AS VARCHAR(255)) AS subject,
              'Someone' AS display_name, 'ACTIVE' AS status</param-value></context-param>
          <filter><filter-name>cors</filter-name>
            <filter-class>dev.drawbridge.filters.cors.DevCorsFilter</filter-class>
            <async-supported>true</async-supported></filter>
          <filter-mapping><filter-name>cors</filter-name><url-pattern>/*</url-pattern>
            </filter-mapping>
          <filter><filter-name>jwt</filter-name>
            <filter-class>dev.drawbridge.filters.jwt.JwtHandshakeFilter</filter-class>
            <async-supported>true</async-supported></filter>
          <filter-mapping><filter-name>jwt</filter-name><url-pattern>/ws</url-pattern>
            </filter-mapping>
          <servlet><servlet-name>ws</servlet-name>
            <servlet-class>dev.drawbridge.endpoint.DrawbridgeServlet</servlet-class>
            <load-on-startup>1</load-on-startup>
            <async-supported>true</async-supported></servlet>
          <servlet-mapping><servlet-name>ws</servlet-name><url-pattern>/ws/*</url-pattern>
            </servlet-mapping>
        </web-app>
        """
            .formatted(TestTokens.SECRET));
    engine(directory.resolve("WEB-INF/classes"));
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ContextHandlerCollection contexts = new ContextHandlerCollection(true);
    server.setHandler(contexts);
    server.start();
    // The first start of all brings the container's own threads.
    deploy(contexts, directory, connector.getLocalPort());
    Set<String> before = threads();
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      loaders.add(deploy(contexts, directory, connector.getLocalPort()));
    }
    // One that is held on purpose: what would a leak look like?
    WeakReference<ClassLoader> held = deploy(contexts, directory, connector.getLocalPort());
    Class<?> leak = Class.forName(DrawbridgeServlet.class.getName(), false, held.get());
    System.out.printf(
        "%d deployed, %d class loaders collected, threads left: %s%n",
        TIMES, collected(loaders), left(before));
    System.out.println("held on purpose: " + (held.get() == leak.getClassLoader()));
    server.stop();
  }

  /** An engine that only the application's class loader sees. */
  private static void engine(Path classes) throws IOException {
    String file = RedeployEngine.class.getName().replace('.', '/') + ".class";
    Path target = classes.resolve(file);
    Files.createDirectories(target.getParent());
    try (InputStream bytes = RedeployEngine.class.getClassLoader().getResourceAsStream(file)) {
      Files.copy(bytes, target, StandardCopyOption.REPLACE_EXISTING);
    }
    Path services = Files.createDirectories(classes.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(ClusterEngineFactory.class.getName()), RedeployEngine.class.getName());
  }

  private static WeakReference<ClassLoader> deploy(
      ContextHandlerCollection contexts, Path directory, int port) throws Exception {
    WebAppContext context = new WebAppContext();
    context.setContextPath("/");
    context.setWar(directory.toString());
    context.setExtraClasspath(
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .filter(entry -> OURS.matcher(entry.endsWith(".jar") ? entry : entry + "/").matches())
            .filter(entry -> !entry.contains("test-classes"))
            .collect(Collectors.joining(";")));
    JettyWebSocketServletContainerInitializer.configure(context, null);
    contexts.addHandler((Handler) context);
    context.start();
    if (context.getUnavailableException() != null) {
      throw new IllegalStateException(context.getUnavailableException());
    }
    ClassLoader loader = context.getClassLoader();
    Class<?> servlet = loader.loadClass(DrawbridgeServlet.class.getName());
    if (servlet == DrawbridgeServlet.class) {
      throw new IllegalStateException("the application does not have classes of its own");
    }
    URI uri = URI.create("ws://127.0.0.1:" + port + "/ws");
    RecordingClient stays = RecordingClient.connect(uri, new TestTokens().of("alice"));
    stays.subscribe("~");
    try (RecordingClient leaves = RecordingClient.connect(uri, new TestTokens().of("bob"))) {
      leaves.send("ping", "p", null);
      leaves.expect("pong");
      leaves.sendText("{");
      leaves.expectError("message_not_json");
      leaves.leave();
    }
    WeakReference<ClassLoader> reference = new WeakReference<>(loader);
    context.stop();
    contexts.removeHandler(context);
    context.destroy();
    stays.expectClose(1001);
    stays.close();
    return reference;
  }

  private static long collected(List<WeakReference<ClassLoader>> loaders) {
    long deadline = System.nanoTime() + 20_000_000_000L;
    long collected;
    do {
      System.gc();
      LockSupport.parkNanos(100_000_000L);
      collected = loaders.stream().filter(loader -> loader.get() == null).count();
    } while (collected < loaders.size() && System.nanoTime() < deadline);
    return collected;
  }

  /** What stays; a thread that was told to end may need a moment. */
  private static Set<String> left(Set<String> before) {
    long deadline = System.nanoTime() + 5_000_000_000L;
    Set<String> left = new HashSet<>(threads());
    left.removeAll(before);
    while (!left.isEmpty() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(20_000_000L);
      left = new HashSet<>(threads());
      left.removeAll(before);
    }
    return left;
  }

  /** All but those of Jetty's pool, of the clients here and of the JVM, which come and go. */
  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> !CONTAINER.matcher(name).matches())
        .collect(Collectors.toSet());
  }
}
