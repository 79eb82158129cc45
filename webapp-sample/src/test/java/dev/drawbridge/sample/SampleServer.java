package dev.drawbridge.sample;

import dev.drawbridge.endpoint.Channels;
import dev.drawbridge.endpoint.Connections;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.eclipse.jetty.ee11.webapp.MetaInfConfiguration;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.resource.ResourceFactory;

/** The sample on a real Jetty at a free port, with its own {@code web.xml} and a fresh database. */
final class SampleServer implements AutoCloseable {
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final HttpClient http = HttpClient.newHttpClient();

  private final WebAppContext context = new WebAppContext();

  private SampleServer(String contextPath, Map<String, String> params, String frontend)
      throws Exception {
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ResourceFactory resources = ResourceFactory.of(context);
    context.setBaseResource(
        ResourceFactory.combine(
            resources.newResource(Path.of("src/main/webapp").toAbsolutePath()),
            // Where the build puts the page's bundle.
            resources.newResource(Path.of(frontend).toAbsolutePath())));
    context.setContextPath(contextPath);
    // The other modules come from the tests' class path, and the client's files with them.
    context.setParentLoaderPriority(true);
    context.setAttribute(
        MetaInfConfiguration.CONTAINER_JAR_PATTERN,
        ".*/drawbridge-[^/]*\\.jar$|.*/target/classes/$");
    context.setInitParameter("drawbridge.db.url", "jdbc:h2:mem:" + UUID.randomUUID());
    params.forEach(context::setInitParameter);
    context.setThrowUnavailableOnStartupException(true);
    server.setHandler(context);
    try {
      server.start();
    } catch (Exception e) {
      server.stop();
      throw e;
    }
  }

  /** In dev mode, as {@code mvn jetty:run} starts it. */
  static SampleServer development() throws Exception {
    return start("/", developmentParams());
  }

  /** With parameters in place of a descriptor's or the environment's. */
  static SampleServer start(String contextPath, Map<String, String> params) throws Exception {
    return new SampleServer(contextPath, params, "target/frontend");
  }

  /**
   * In dev mode, with a page whose React is the development build: StrictMode mounts twice there.
   */
  static SampleServer withReactOfDevelopment() throws Exception {
    return new SampleServer("/", developmentParams(), "target/frontend-dev");
  }

  static Map<String, String> developmentParams() {
    Map<String, String> params = new LinkedHashMap<>();
    params.put("ENVIRONMENT", "development");
    params.put("WEBSOCKET_DEV_MODE", "true");
    params.put("drawbridge.dev.key", "off");
    return params;
  }

  /** {@code http} or {@code ws} and a path below the server's root. */
  URI uri(String scheme, String path) {
    return URI.create(scheme + "://127.0.0.1:" + connector.getLocalPort() + path);
  }

  int port() {
    return connector.getLocalPort();
  }

  /** The server's own view of who is connected. */
  Connections connections() {
    return Connections.of(context.getServletContext());
  }

  /** As a servlet of the application gets them. */
  Channels channels() {
    return Channels.of(context.getServletContext());
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri("http", path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(uri("http", path))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** A token of the dev route. */
  String token(String subject) throws Exception {
    HttpResponse<String> answer =
        send(
            "POST",
            "/ws/dev-token",
            "{\"sub\":\"" + subject + "\"}",
            "Content-Type",
            "application/json");
    return Json.read(answer.body()).get("token").asText();
  }

  HttpClient http() {
    return http;
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the server did not stop", e);
    }
  }
}
