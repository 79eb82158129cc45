package dev.drawbridge.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.LocalConnector;
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
 * One request through Jetty without a network: parsed, judged, answered. What a contender costs is
 * the difference to {@code none}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class CorsServerBenchmark {

  /** Who judges. */
  @Param({"none", "drawbridge", "jetty", "tomcat"})
  public String contender;

  /** What is asked. */
  @Param({"withoutOrigin", "allowed", "preflight"})
  public String request;

  private Server server;
  private LocalConnector connector;
  private byte[] bytes;

  /** Starts the server and makes sure that it answers as it should. */
  @Setup
  public void start() throws Exception {
    server = new Server();
    connector = new LocalConnector(server);
    server.addConnector(connector);
    server.setHandler(CorsContenders.application(contender));
    server.start();
    String origin = "Origin: " + CorsContenders.ALLOWED + "\r\n";
    String lines =
        switch (request) {
          case "withoutOrigin" -> "GET / HTTP/1.1\r\n";
          case "allowed" -> "GET / HTTP/1.1\r\n" + origin;
          case "preflight" ->
              "OPTIONS / HTTP/1.1\r\n"
                  + origin
                  + "Access-Control-Request-Method: PUT\r\n"
                  + "Access-Control-Request-Headers: content-type\r\n";
          default -> throw new IllegalArgumentException("unknown request: " + request);
        };
    bytes =
        (lines + "Host: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\nConnection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    String answer = StandardCharsets.US_ASCII.decode(ask()).toString();
    boolean shared = answer.contains("Access-Control-Allow-Origin: " + CorsContenders.ALLOWED);
    boolean expected = !contender.equals("none") && !request.equals("withoutOrigin");
    if (shared != expected || !answer.startsWith("HTTP/1.1 20")) {
      throw new IllegalStateException(contender + " answers " + request + " with " + answer);
    }
  }

  /** Stops the server. */
  @TearDown
  public void stop() throws Exception {
    server.stop();
  }

  /** From the bytes of the request to those of the answer. */
  @Benchmark
  public ByteBuffer ask() throws Exception {
    return connector.getResponse(ByteBuffer.wrap(bytes));
  }
}
