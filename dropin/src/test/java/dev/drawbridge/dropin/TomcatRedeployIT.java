package dev.drawbridge.dropin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.dropin.Container.Running;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A web application that is deployed again in a Tomcat that goes on leaves nothing behind. */
class TomcatRedeployIT {
  private static final int TIMES = 3;

  @TempDir Path directory;

  @Test
  void nothingIsLeftOfAnApplicationThatIsDeployedAnew() throws Exception {
    WebApp webApp =
        WebApp.empty(directory.resolve("app"))
            .withDrawbridge()
            .withFilters("/ws", "/ws/diagnose")
            .withEndpoint();
    List<WeakReference<ClassLoader>> loaders = new ArrayList<>();

    try (Running server = Container.TOMCAT_11.start(webApp)) {
      Visitor visitor = new Visitor(server.port());
      for (int i = 0; i < TIMES; i++) {
        // One of each: closed by the client, and open still.
        try (RecordingClient gone = connect(visitor)) {
          gone.leave();
        }
        RecordingClient open = connect(visitor);
        loaders.add(new WeakReference<>(reloaded(server)));
        assertThat(open.expectClose(1001).code()).isEqualTo(1001);
      }

      assertThat(collected(loaders)).isEqualTo(TIMES);
      assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
          .filteredOn(name -> name.equals("drawbridge-timer"))
          .hasSize(1);
    }
  }

  private static RecordingClient connect(Visitor visitor) {
    RecordingClient client =
        RecordingClient.connect(visitor.socket("/ws"), Visitor.TOKENS.of("alice"));
    assertThat(client.request("echo", Map.of("text", "hi")).type()).isEqualTo("ack");
    return client;
  }

  @SuppressWarnings("unchecked")
  private static ClassLoader reloaded(Running server) {
    return ((Supplier<ClassLoader>) server.stop()).get();
  }

  private static long collected(List<WeakReference<ClassLoader>> loaders) {
    long deadline = System.nanoTime() + 20_000_000_000L;
    long collected = 0;
    while (collected < loaders.size() && System.nanoTime() - deadline < 0) {
      System.gc();
      LockSupport.parkNanos(100_000_000);
      collected = loaders.stream().filter(each -> each.get() == null).count();
    }
    return collected;
  }
}
