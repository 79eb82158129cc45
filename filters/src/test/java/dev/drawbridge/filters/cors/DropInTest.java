package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.testing.ForeignServlet;
import dev.drawbridge.filters.testing.TomcatServer;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.RawHttp.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.eclipse.jetty.ee11.webapp.WebAppContext;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A web application that knows nothing of Drawbridge gets the jars and the lines of the README's
 * {@code web.xml}, and nothing else; in two containers.
 */
class DropInTest {
  private static final String GOOD = "https://app.example.com";
  @TempDir Path directory;
  private Path webApp;

  @BeforeEach
  void assemble() throws Exception {
    webApp = directory.resolve("foreign");
    Path libraries = Files.createDirectories(webApp.resolve("WEB-INF/lib"));
    for (Class<?> type :
        List.of(
            DevCorsFilter.class,
            dev.drawbridge.db.Database.class,
            com.zaxxer.hikari.HikariDataSource.class,
            com.github.benmanes.caffeine.cache.Caffeine.class,
            com.fasterxml.jackson.databind.ObjectMapper.class,
            com.fasterxml.jackson.core.JsonFactory.class,
            com.fasterxml.jackson.annotation.JsonProperty.class,
            org.jose4j.jwt.JwtClaims.class,
            org.slf4j.LoggerFactory.class)) {
      copyJar(type, libraries);
    }
    String classFile = ForeignServlet.class.getName().replace('.', '/') + ".class";
    Path target = webApp.resolve("WEB-INF/classes").resolve(classFile);
    Files.createDirectories(target.getParent());
    try (InputStream bytes = ForeignServlet.class.getClassLoader().getResourceAsStream(classFile)) {
      Files.copy(bytes, target);
    }
    Files.writeString(
        webApp.resolve("WEB-INF/web.xml"),
        """
        <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
          <context-param>
            <param-name>WEBSOCKET_ALLOWED_ORIGINS</param-name>
            <param-value>%s</param-value>
          </context-param>
          %s
          <servlet>
            <servlet-name>foreign</servlet-name>
            <servlet-class>%s</servlet-class>
          </servlet>
          <servlet-mapping>
            <servlet-name>foreign</servlet-name>
            <url-pattern>/app/*</url-pattern>
          </servlet-mapping>
        </web-app>
        """
            .formatted(GOOD, readmeLines(), ForeignServlet.class.getName()));
  }

  /** The first XML block behind the heading: what a reader copies. */
  private static String readmeLines() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    int start = readme.indexOf("```xml\n", readme.indexOf("\n## DevCorsFilter\n")) + 7;
    return readme.substring(start, readme.indexOf("```", start));
  }

  private static void copyJar(Class<?> type, Path libraries)
      throws IOException, URISyntaxException {
    Path source = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (!Files.isDirectory(source)) {
      Files.copy(source, libraries.resolve(source.getFileName()));
      return;
    }
    // Before the package phase our own modules are directories of classes.
    Path jar = libraries.resolve(type.getSimpleName() + ".jar");
    try (OutputStream out = Files.newOutputStream(jar);
        ZipOutputStream zip = new ZipOutputStream(out);
        Stream<Path> files = Files.walk(source)) {
      files
          .filter(Files::isRegularFile)
          .forEach(
              file -> {
                try {
                  zip.putNextEntry(new ZipEntry(source.relativize(file).toString()));
                  Files.copy(file, zip);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }

  @Test
  void filterFromTheJarWorksInJetty() throws Exception {
    Server server = new Server(0);
    WebAppContext context = new WebAppContext(webApp.toUri().toString(), "/");
    server.setHandler(context);
    server.start();
    try {
      assertThat(
              context.getServletHandler().getFilter("cors").getFilter().getClass().getClassLoader())
          .isSameAs(context.getClassLoader());
      exercise(((ServerConnector) server.getConnectors()[0]).getLocalPort());
    } finally {
      server.stop();
    }
  }

  @Test
  void filterFromTheJarWorksInTomcat() throws Exception {
    try (TomcatServer server =
        new TomcatServer(directory.resolve("tomcat"), webApp, tomcat -> {})) {
      exercise(server.port());
    }
  }

  private static void exercise(int port) throws IOException {
    Answer plain = RawHttp.send(port, "GET /app/x");
    assertThat(plain.status()).isEqualTo(200);
    assertThat(plain.header("Vary")).contains("Origin");

    for (String path : List.of("/app/x 200", "/app/denied 401", "/app/broken 500", "/none 404")) {
      String[] parts = path.split(" ", -1);
      Answer allowed = RawHttp.send(port, "GET " + parts[0], "Origin: " + GOOD);
      assertThat(allowed.status()).as(path).isEqualTo(Integer.parseInt(parts[1]));
      assertThat(allowed.header("Access-Control-Allow-Origin")).as(path).contains(GOOD);
    }

    for (String origin : List.of("https://evil.com", "null", "", GOOD + "\r\nOrigin: " + GOOD)) {
      Answer refused = RawHttp.send(port, "GET /app/x", "Origin: " + origin);
      assertThat(refused.status()).as(origin).isEqualTo(403);
      assertThat(refused.body()).contains("\"code\":\"origin_denied\"");
      assertThat(refused.corsHeaders()).isEmpty();
    }
    assertThat(RawHttp.handshake(port, "Origin: https://evil.com").status()).isEqualTo(403);

    Answer preflight =
        RawHttp.send(
            port, "OPTIONS /app/x", "Origin: " + GOOD, "Access-Control-Request-Method: PUT");
    assertThat(preflight.status()).isEqualTo(204);
    assertThat(preflight.header("Access-Control-Allow-Methods").orElse("")).contains("PUT");
  }
}
