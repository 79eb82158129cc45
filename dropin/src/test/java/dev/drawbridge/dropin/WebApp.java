package dev.drawbridge.dropin;

import dev.drawbridge.endpoint.testkit.TestTokens;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * An unpacked WAR to which Drawbridge is added as the README says: jars into {@code WEB-INF/lib},
 * elements into {@code web.xml}. A library that the application has already stays as it is.
 */
final class WebApp {
  private static final String ORIGINS = "https://app.example.com";
  private static final Path JAKARTA = Path.of("target", "drawbridge");
  private static final Path JAVAX = Path.of("target", "drawbridge-javax");
  private static final String EMPTY =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
      </web-app>
      """;

  final Path directory;

  /** Libraries of the application that stay in the place of newer or older ones of ours. */
  private final List<String> kept = new ArrayList<>();

  private WebApp(Path directory) {
    this.directory = directory;
  }

  static WebApp empty(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("WEB-INF/lib"));
    Files.writeString(directory.resolve("WEB-INF/web.xml"), EMPTY);
    return new WebApp(directory);
  }

  /** A WAR from the build's folder of foreign applications. */
  static WebApp unpacked(String artifact, Path directory) throws IOException {
    Path war = Path.of("target", "applications", artifact + ".war");
    try (InputStream file = Files.newInputStream(war);
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path target = directory.resolve(entry.getName()).normalize();
        if (!target.startsWith(directory)) {
          throw new IOException("outside of the WAR: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(target);
        } else {
          Files.createDirectories(target.getParent());
          Files.copy(zip, target);
        }
      }
    }
    Files.createDirectories(directory.resolve("WEB-INF/lib"));
    return new WebApp(directory);
  }

  /** A web application that its distribution holds unpacked. */
  static WebApp copied(Path application, Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(application)) {
      files.forEach(file -> copy(file, directory.resolve(application.relativize(file))));
    }
    Files.createDirectories(directory.resolve("WEB-INF/lib"));
    return new WebApp(directory);
  }

  /** What goes into any application: the packaged jars and the settings of a production server. */
  WebApp withDrawbridge() throws IOException {
    return with(JAKARTA);
  }

  /** The same for containers of {@code javax.servlet}, which have no endpoint of ours. */
  WebApp withJavaxDrawbridge() throws IOException {
    return with(JAVAX);
  }

  private WebApp with(Path jars) throws IOException {
    Path libraries = directory.resolve("WEB-INF/lib");
    Map<String, Path> present = byName(libraries);
    byName(jars)
        .forEach(
            (name, jar) -> {
              Path own = present.get(name);
              if (own == null) {
                copy(jar, libraries.resolve(jar.getFileName()));
              } else {
                kept.add(own.getFileName().toString());
              }
            });
    return withElements(
        parameter("ENVIRONMENT", "production")
            + parameter("WEBSOCKET_ALLOWED_ORIGINS", ORIGINS)
            + parameter("drawbridge.jwt.secret", TestTokens.SECRET)
            + parameter("drawbridge.jwt.issuer", TestTokens.ISSUER)
            + parameter("drawbridge.jwt.audience", TestTokens.AUDIENCE)
            // For each of many processes that are about something else.
            + parameter("drawbridge.warm.up", "0s")
            + parameter("drawbridge.db.url", "jdbc:h2:mem:" + directory.getFileName())
            + parameter(
                "drawbridge.user.query",
                "SELECT :subject AS subject, CASE :subject WHEN 'mallory' THEN 'SUSPENDED' ELSE"
                    + " 'ACTIVE' END AS status FROM (VALUES (1)) WHERE :subject IN ('alice', 'bob',"
                    + " 'mallory')"));
  }

  /** The two filters; {@code protectedPaths} are those of the second. */
  WebApp withFilters(String... protectedPaths) throws IOException {
    StringBuilder paths = new StringBuilder();
    for (String path : protectedPaths) {
      paths.append("<url-pattern>").append(path).append("</url-pattern>");
    }
    return withElements(
        """
        <filter><filter-name>cors</filter-name><async-supported>true</async-supported>
          <filter-class>dev.drawbridge.filters.cors.DevCorsFilter</filter-class></filter>
        <filter-mapping><filter-name>cors</filter-name><url-pattern>/*</url-pattern>
          <dispatcher>REQUEST</dispatcher><dispatcher>ERROR</dispatcher></filter-mapping>
        <filter><filter-name>jwt</filter-name><async-supported>true</async-supported>
          <filter-class>dev.drawbridge.filters.jwt.JwtHandshakeFilter</filter-class></filter>
        <filter-mapping><filter-name>jwt</filter-name>%s</filter-mapping>
        """
            .formatted(paths));
  }

  /** The endpoint on {@code /ws}. */
  WebApp withEndpoint() throws IOException {
    return withEndpoint("/ws");
  }

  WebApp withEndpoint(String path) throws IOException {
    withClass(GuestServlet.class);
    return withElements(
        """
        <servlet><servlet-name>guest</servlet-name>
          <servlet-class>%s</servlet-class><load-on-startup>1</load-on-startup>
          <async-supported>true</async-supported></servlet>
        <servlet-mapping><servlet-name>guest</servlet-name>
          <url-pattern>%s/*</url-pattern></servlet-mapping>
        """
            .formatted(GuestServlet.class.getName(), path));
  }

  WebApp withFile(String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
    return this;
  }

  WebApp withClass(Class<?> type) throws IOException {
    String file = type.getName().replace('.', '/') + ".class";
    Path target = directory.resolve("WEB-INF/classes").resolve(file);
    Files.createDirectories(target.getParent());
    try (InputStream bytes = type.getClassLoader().getResourceAsStream(file)) {
      Files.copy(bytes, target);
    }
    return this;
  }

  /** Puts elements in front of the application's own, behind those that were put there before. */
  WebApp withElements(String elements) throws IOException {
    Path descriptor = directory.resolve("WEB-INF/web.xml");
    String text = Files.readString(descriptor);
    String mark = "<!-- end of what was added -->";
    if (text.contains(mark)) {
      text = text.replace(mark, elements + mark);
    } else {
      int root = text.indexOf("<web-app");
      int end = text.indexOf('>', root) + 1;
      text = text.substring(0, end) + elements + mark + text.substring(end);
    }
    Files.writeString(descriptor, text);
    return this;
  }

  /** The application's own libraries that ours run on. */
  List<String> kept() {
    return List.copyOf(kept);
  }

  /** One of the jars for {@code javax.servlet}. */
  static Path javaxJar(String name) throws IOException {
    return Objects.requireNonNull(byName(JAVAX).get(name), name);
  }

  private static String parameter(String name, String value) {
    return "<context-param><param-name>%s</param-name><param-value>%s</param-value></context-param>%n"
        .formatted(name, value);
  }

  /** The jars of a folder by their names without the version. */
  private static Map<String, Path> byName(Path folder) throws IOException {
    Map<String, Path> jars = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.forEach(
          jar -> jars.put(jar.getFileName().toString().replaceFirst("-\\d.*\\.jar$", ""), jar));
    }
    return jars;
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
