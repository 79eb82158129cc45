package dev.drawbridge.spring;

import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ApplicationContextFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.DefaultResourceLoader;
import org.springframework.mock.web.MockServletContext;
import org.springframework.web.context.support.GenericWebApplicationContext;

/**
 * A real application of Spring Boot on a free port, in dev mode unless its arguments say otherwise,
 * and a client of it. The line of Boot is that of the class path.
 */
final class RunningApplication implements AutoCloseable {
  static final HttpClient CLIENT = HttpClient.newHttpClient();
  static final TestTokens TOKENS = new TestTokens();

  /** Dev mode and the secret of the test tokens, by their names in application.properties. */
  static final List<String> DEV =
      List.of(
          "--drawbridge.environment=development",
          "--drawbridge.websocket.dev-mode=true",
          "--drawbridge.jwt.secret=" + TestTokens.SECRET);

  static {
    // Else Boot sets the log up anew with each application, and those who listen to it are gone.
    System.setProperty("org.springframework.boot.logging.LoggingSystem", "none");
  }

  /** A part of the class path that an application may lack, by what its jars are called. */
  enum Part {
    SECURITY("/spring-security-", "/spring-boot-security-"),
    ACTUATOR("/spring-boot-actuator-", "/spring-boot-health-", "/spring-boot-micrometer-"),
    METERS("/micrometer-core-", "/micrometer-jakarta9-"),
    JPA(
        "/jakarta.persistence-",
        "/hibernate-core-",
        "/spring-boot-hibernate-",
        "/spring-data-jpa-"),
    JDBC("/spring-jdbc-", "/spring-boot-jdbc-"),
    MIGRATIONS("/drawbridge-migrations-", "/migrations/target/"),
    OUTBOX("/drawbridge-cluster-sql-", "/cluster-sql/target/"),
    TOMCAT("/tomcat-embed-", "/spring-boot-tomcat-"),
    JETTY("/jetty-", "/spring-boot-jetty-"),
    UNDERTOW("/undertow-");

    @SuppressWarnings("ImmutableEnumChecker") // A list that is unmodifiable.
    private final List<String> jars;

    Part(String... jars) {
      this.jars = List.of(jars);
    }

    /** What is found in the places of its jars and of no others. */
    List<String> jars() {
      return jars;
    }
  }

  /** The containers: an application has one of them on its class path. */
  enum Container {
    TOMCAT,
    JETTY,
    UNDERTOW;

    /** Those that this line of Boot has. */
    static Stream<Container> available() {
      return System.getProperty("boot.version", "3").startsWith("3")
          ? Stream.of(values())
          : Stream.of(TOMCAT, JETTY);
    }
  }

  /** The class path without the jars of these parts, with what Boot reads out of them. */
  private static final class Without extends ClassLoader {
    /** Of the specification: what lacks a container has them in a jar of their own. */
    private static final List<String> SHARED =
        List.of("java.", "jakarta.servlet.", "jakarta.websocket.", "jakarta.el.");

    private final List<String> hidden = new ArrayList<>();

    Without(Collection<Part> parts) {
      super(RunningApplication.class.getClassLoader());
      parts.forEach(part -> hidden.addAll(part.jars));
    }

    private boolean isHidden(@Nullable URL place) {
      return place != null && hidden.stream().anyMatch(place.toString()::contains);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (SHARED.stream().noneMatch(name::startsWith)
          && isHidden(getParent().getResource(name.replace('.', '/') + ".class"))) {
        throw new ClassNotFoundException(name);
      }
      return super.loadClass(name, resolve);
    }

    @Override
    public @Nullable URL getResource(String name) {
      URL found = super.getResource(name);
      return isHidden(found) ? null : found;
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      return Collections.enumeration(
          Collections.list(super.getResources(name)).stream()
              .filter(found -> !isHidden(found))
              .toList());
    }
  }

  private final ConfigurableApplicationContext context;

  private RunningApplication(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /** Starts it in dev mode, without these parts of the class path. */
  static RunningApplication start(
      Container container, Class<?> source, Collection<Part> absent, String... arguments) {
    return startPlain(
        container,
        source,
        absent,
        Stream.concat(DEV.stream(), Stream.of(arguments)).toArray(String[]::new));
  }

  /** Starts it with these arguments alone. */
  static RunningApplication startPlain(
      Container container, Class<?> source, Collection<Part> absent, String... arguments) {
    List<Part> parts = new ArrayList<>(absent);
    for (Container other : Container.values()) {
      if (other != container) {
        parts.add(Part.valueOf(other.name()));
      }
    }
    return run(parts, source, application -> {}, arguments);
  }

  /** As Spring's tests do by default, with a stand-in for the servlet context. */
  static RunningApplication startWithoutServer(
      Class<?> source, Collection<Part> absent, String... arguments) {
    return run(
        absent,
        source,
        application ->
            application.setApplicationContextFactory(
                ApplicationContextFactory.of(
                    () -> new GenericWebApplicationContext(new MockServletContext()))),
        Stream.concat(DEV.stream(), Stream.of(arguments)).toArray(String[]::new));
  }

  private static RunningApplication run(
      Collection<Part> absent,
      Class<?> source,
      Consumer<SpringApplication> change,
      String... arguments) {
    ClassLoader loader = new Without(absent);
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      SpringApplication application =
          new SpringApplication(new DefaultResourceLoader(loader), source);
      change.accept(application);
      return new RunningApplication(
          application.run(
              Stream.concat(
                      Stream.of("--server.port=0", "--spring.main.banner-mode=off"),
                      Stream.of(arguments))
                  .toArray(String[]::new)));
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  ConfigurableApplicationContext context() {
    return context;
  }

  URI uri(String scheme, String path) {
    return URI.create(
        scheme
            + "://localhost:"
            + context.getEnvironment().getRequiredProperty("local.server.port")
            + path);
  }

  RecordingClient connect(String subject) {
    return RecordingClient.connect(uri("ws", "/ws"), TOKENS.of(subject));
  }

  /** Status of the handshake that is refused. */
  int refusal(String path, String... headers) {
    try (RecordingClient client =
        RecordingClient.connect(
            uri("ws", path),
            options -> {
              for (int i = 0; i < headers.length; i += 2) {
                options.header(headers[i], headers[i + 1]);
              }
            })) {
      throw new AssertionError("connected: " + client.connectionId());
    } catch (RecordingClient.Refused refused) {
      return refused.status();
    }
  }

  HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri("http", path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    context.close();
  }
}
