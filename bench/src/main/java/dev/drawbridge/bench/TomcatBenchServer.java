package dev.drawbridge.bench;

import dev.drawbridge.bench.load.server.Arguments;
import dev.drawbridge.bench.load.server.Control;
import dev.drawbridge.bench.load.server.InTomcat;
import dev.drawbridge.endpoint.Drawbridge;
import java.util.Map;

/** {@link BenchServer} in Tomcat: the same settings, users, filters and endpoint. */
public final class TomcatBenchServer {
  private TomcatBenchServer() {}

  /** Starts the server and serves until it is stopped. */
  public static void main(String[] args) throws Exception {
    Arguments arguments = Arguments.parse(args);
    BenchUsers.create(BenchServer.DATABASE, arguments.number("users", 1000));
    Map<String, String> settings = BenchServer.settings(arguments);
    var server =
        InTomcat.start(
            arguments,
            context -> {
              settings.forEach(context::setInitParameter);
              Drawbridge.install(context, "/ws", new BenchServer.EchoServlet());
            });
    Control.listen(Map.of());
    System.out.println("ready");
    server.await();
  }
}
