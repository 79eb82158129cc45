package dev.drawbridge.filters.cors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.filters.cors.rules.HttpTokens;
import dev.drawbridge.filters.testing.CorsServer;
import dev.drawbridge.testing.RawHttp;
import dev.drawbridge.testing.RawHttp.Answer;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.eclipse.jetty.ee11.servlet.ResourceServlet;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.util.resource.ResourceFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An answer that depends on the origin says so, whoever wrote it: else a cache gives it to the
 * wrong page (RFC 9110 section 12.5.5; section 15.4.5 wants it in a 304, too).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VaryTest {
  private static final String GOOD = "Origin: https://app.example.com";
  private static final String LATER = "'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT'";
  private static final String HANDSHAKE =
      "Connection: Upgrade|Upgrade: websocket|Sec-WebSocket-Version: 13"
          + "|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

  private CorsServer jetty;
  private final Tomcat tomcat = new Tomcat();

  /** Answers in each of the ways that an application has. */
  public static final class Application extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      switch (request.getPathInfo()) {
        case "/unchanged" -> response.setStatus(304);
        case "/unchanged-error" -> response.sendError(304);
        case "/unchanged-reset" -> {
          response.reset();
          response.setStatus(304);
        }
        case "/redirect" -> response.sendRedirect("/elsewhere");
        case "/error" -> response.sendError(409, "no");
        case "/reset-error" -> {
          response.reset();
          response.sendError(503);
        }
        case "/throw" -> throw new IllegalStateException("broken on purpose");
        case "/own" -> {
          response.setHeader("Vary", "Accept");
          response.setStatus(304);
        }
        default -> {
          response.reset();
          response.getWriter().print("ok");
        }
      }
    }
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    Path files = Files.createDirectory(directory.resolve("static"));
    Files.writeString(files.resolve("page.txt"), "a page");
    jetty =
        CorsServer.start(
            CorsServer.PRODUCTION,
            context -> {
              context.addServlet(new ServletHolder(new Application()), "/more/*");
              context.setBaseResource(ResourceFactory.of(context).newResource(directory));
              ServletHolder resources = new ServletHolder(new ResourceServlet());
              resources.setInitParameter("pathInfoOnly", "false");
              resources.setInitParameter("etags", "true");
              context.addServlet(resources, "/static/*");
            });
    tomcat.setBaseDir(directory.resolve("tomcat").toString());
    tomcat.setPort(0);
    tomcat.getConnector().setProperty("address", "127.0.0.1");
    Context context = tomcat.addContext("", directory.toString());
    CorsServer.PRODUCTION.forEach(context::addParameter);
    FilterDef filter = new FilterDef();
    filter.setFilterName("cors");
    filter.setFilter(new DevCorsFilter());
    filter.setAsyncSupported("true");
    context.addFilterDef(filter);
    FilterMap mapping = new FilterMap();
    mapping.setFilterName("cors");
    mapping.addURLPattern("/*");
    context.addFilterMap(mapping);
    Tomcat.addServlet(context, "more", new Application());
    context.addServletMapping("/more/*", "more");
    Tomcat.addServlet(context, "default", new DefaultServlet());
    context.addServletMapping("/", "default");
    tomcat.start();
  }

  @AfterAll
  void stop() throws Exception {
    jetty.close();
    tomcat.stop();
    tomcat.destroy();
  }

  private static boolean isTold(Answer answer) {
    return HttpTokens.contains(String.join(",", answer.all("Vary")), "Origin");
  }

  /** Jetty's own error page: it takes {@code Vary} away when all filters have returned. */
  private static boolean isKeptByNoCache(Answer answer) {
    return answer.header("Cache-Control").orElse("").contains("no-store");
  }

  @ParameterizedTest
  @CsvSource({
    "/static/page.txt, '', 200",
    "/static/page.txt, " + LATER + ", 304",
    "/static/none.txt, '', 404",
    "/nowhere, '', 404",
    "/more/ok, '', 200",
    "/more/ok, Upgrade: other/1|Connection: Upgrade, 200",
    "/more/unchanged, '', 304",
    "/more/unchanged, " + LATER + ", 304",
    "/more/unchanged-error, '', 304",
    "/more/unchanged-reset, '', 304",
    "/more/own, '', 304",
    "/more/redirect, '', 302",
    "/more/error, '', 409",
    "/more/reset-error, '', 503",
    "/more/throw, '', 500",
    "/more/unchanged-reset, Upgrade: other/1|Connection: Upgrade, 304",
    "/more/ok, " + HANDSHAKE + ", 200",
    "/more/unchanged-reset, " + HANDSHAKE + ", 304",
  })
  void everyAnswerSaysThatItVariesByOrigin(String path, String headers, int status)
      throws IOException {
    for (int port : new int[] {jetty.port(), tomcat.getConnector().getLocalPort()}) {
      for (String origin : List.of(GOOD, "X-None: 1")) {
        String[] lines = (origin + (headers.isEmpty() ? "" : "|" + headers)).split("\\|", -1);

        Answer answer = RawHttp.send(port, "GET " + path, lines);

        String which = (port == jetty.port() ? "Jetty" : "Tomcat") + " " + answer.lines();
        assertThat(answer.status()).as(which).isEqualTo(status);
        assertThat(isTold(answer) || isKeptByNoCache(answer)).as(which).isTrue();
        if (status < 400) {
          assertThat(isTold(answer)).as(which).isTrue();
        }
      }
    }
  }
}
