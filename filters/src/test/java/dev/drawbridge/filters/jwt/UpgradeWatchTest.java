package dev.drawbridge.filters.jwt;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.drawbridge.filters.testing.CapturedLog;
import dev.drawbridge.filters.testing.Eventually;
import dev.drawbridge.filters.testing.TestServer;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletResponse;
import java.util.EnumSet;
import java.util.List;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.FilterMapping;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In Jetty; the trap itself, with Tomcat's own WebSocket, is in the example of Tomcat. */
class UpgradeWatchTest {
  private static final String WEB_SOCKETS = "jakarta.websocket.server.ServerContainer";

  @ParameterizedTest
  @CsvSource({
    // Taken in front of the filter, by what may be the container's own WebSocket.
    "/ws, true, true, 1",
    "/ws/room, true, true, 1",
    // Where the filter is not mapped, where it refuses, and where the container has no WebSocket.
    "/wsx, true, true, 0",
    "/ws, false, true, 0",
    "/ws, true, false, 0"
  })
  void handshakeThatPassesByIsToldOnce(String path, boolean taken, boolean webSockets, int expected)
      throws Exception {
    try (CapturedLog log = new CapturedLog(UpgradeWatch.class.getName(), Level.DEBUG);
        TestServer server = new TestServer(TestServer.production())) {
      Filter taking = (request, response, chain) -> ((HttpServletResponse) response).setStatus(204);
      if (taken) {
        FilterHolder holder = new FilterHolder(taking);
        server.context().getServletHandler().prependFilter(holder);
        FilterMapping mapping = new FilterMapping();
        mapping.setFilterName(holder.getName());
        mapping.setPathSpec("/*");
        mapping.setDispatcherTypes(EnumSet.of(DispatcherType.REQUEST));
        server.context().getServletHandler().prependFilterMapping(mapping);
      }
      if (webSockets) {
        server.context().setAttribute(WEB_SOCKETS, "the container's");
      }
      server.start();

      for (int i = 0; i < 3; i++) {
        server.handshakeAt(path, List.of());
      }

      if (expected > 0) {
        // A client can have its answer before the container calls the listener.
        Eventually.eventually("it is told", () -> !log.lines().isEmpty());
      }
      List<CapturedLog.Line> told = log.containing("was answered before it came to");
      assertThat(told).hasSize(expected).allMatch(line -> line.text().contains(path + " "));
    }
  }
}
