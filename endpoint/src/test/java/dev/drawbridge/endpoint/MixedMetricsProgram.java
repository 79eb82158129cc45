package dev.drawbridge.endpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.http.HttpResponse;
import java.util.List;

/** Runs in a class path without Micrometer's registry for Prometheus. */
public final class MixedMetricsProgram {
  private MixedMetricsProgram() {}

  /** What the route says without and with a registry of the application, and what that counts. */
  public static List<Object> run() throws Exception {
    MeterRegistry registry = new SimpleMeterRegistry();
    try (TestServer none = TestServer.setup().managed().start();
        TestServer own =
            TestServer.setup()
                .managed()
                .attribute(MeterRegistry.class.getName(), registry)
                .start()) {
      own.connect("alice").close();
      return List.of(
          said(none.get("/ws/metrics")),
          said(own.get("/ws/metrics")),
          registry.get("drawbridge.handshakes").counter().count());
    }
  }

  private static String said(HttpResponse<String> answer) throws Exception {
    return answer.statusCode()
        + " "
        + new ObjectMapper().readTree(answer.body()).path("hint").asText();
  }
}
