package dev.drawbridge.bench;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.server.Server;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The filters alone, between a request and a response that cost next to nothing themselves. Jetty's
 * handler is no servlet filter; see {@link CorsServerBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class CorsFilterBenchmark {

  /** Who judges. */
  @Param({"drawbridge", "tomcat"})
  public String contender;

  /** What is asked. */
  @Param({"withoutOrigin", "allowed"})
  public String request;

  private Server server;
  private Filter filter;
  private CheapRequest asked;
  private CheapResponse answer;
  private FilterChain chain;

  /** The container starts the filter; its requests come from here. */
  @Setup
  public void start() throws Exception {
    server = new Server();
    server.setHandler(CorsContenders.application(contender));
    server.start();
    filter =
        ((ServletContextHandler) server.getHandler())
            .getServletHandler()
            .getFilter("cors")
            .getFilter();
    asked = new CheapRequest(request.equals("allowed") ? CorsContenders.ALLOWED : null);
    answer = new CheapResponse();
    chain = (req, res) -> answer.passed++;
  }

  /** Stops the server. */
  @TearDown
  public void stop() throws Exception {
    server.stop();
  }

  /** One request through the filter. */
  @Benchmark
  public int filter() throws IOException, ServletException {
    asked.attribute = null;
    answer.headers = 0;
    filter.doFilter(asked, answer, chain);
    return answer.headers;
  }

  /** Stands behind the wrapper for what no filter of the comparison calls. */
  private static <T> T unused(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              throw new UnsupportedOperationException(method.getName());
            }));
  }

  private static final class CheapRequest extends HttpServletRequestWrapper {
    private final String origin;
    private final List<String> origins;
    private Object attribute;

    CheapRequest(String origin) {
      super(unused(HttpServletRequest.class));
      this.origin = origin;
      this.origins = origin == null ? List.of() : List.of(origin);
    }

    @Override
    public String getHeader(String name) {
      return name.equals("Origin") ? origin : name.equals("Host") ? "localhost" : null;
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return name.equals("Origin")
          ? Collections.enumeration(origins)
          : Collections.emptyEnumeration();
    }

    @Override
    public String getMethod() {
      return "GET";
    }

    @Override
    public String getScheme() {
      return "http";
    }

    @Override
    public String getServerName() {
      return "localhost";
    }

    @Override
    public int getServerPort() {
      return 8080;
    }

    @Override
    public String getContentType() {
      return null;
    }

    @Override
    public Object getAttribute(String name) {
      return attribute;
    }

    @Override
    public void setAttribute(String name, Object value) {
      attribute = value;
    }
  }

  private static final class CheapResponse extends HttpServletResponseWrapper {
    private int headers;
    private int passed;

    CheapResponse() {
      super(unused(HttpServletResponse.class));
    }

    @Override
    public String getHeader(String name) {
      return null;
    }

    @Override
    public Collection<String> getHeaders(String name) {
      return List.of();
    }

    @Override
    public void setHeader(String name, String value) {
      headers++;
    }

    @Override
    public void addHeader(String name, String value) {
      headers++;
    }
  }
}
