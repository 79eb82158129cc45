package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.PushingSample.Order;
import dev.drawbridge.endpoint.PushingSample.OrderServlet;
import dev.drawbridge.endpoint.PushingSample.Orders;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import jakarta.servlet.ServletContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One line pushes, from whatever an old application has. */
class PushingTest {
  private static final Orders ORDERS =
      new Orders() {
        @Override
        public Order close(String id) {
          return new Order(id, "closed");
        }

        @Override
        public Order oldest() {
          return new Order("1", "open");
        }
      };

  private static TestServer server() {
    return TestServer.setup()
        .endpoint(
            endpoint ->
                endpoint.channel(
                    "orders:", rules -> rules.authorize((user, action, names) -> names)))
        .start();
  }

  private static String squeezed(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }

  @ParameterizedTest
  @ValueSource(strings = {"servlet", "job"})
  void theReadmeShowsWhatIsCompiledHere(String name) throws Exception {
    String source =
        Files.readString(Path.of("src/test/java/dev/drawbridge/endpoint/PushingSample.java"));
    String mark = "// " + name + "\n";
    int start = source.indexOf(mark) + mark.length();
    String shown = source.substring(start, source.indexOf("// end", start));

    assertThat(squeezed(Files.readString(Path.of("README.md")))).contains(squeezed(shown));
  }

  @Test
  void aServletOfTheApplicationPushes() throws Exception {
    try (TestServer server = server();
        RecordingClient alice = server.connect("alice")) {
      server.context().addServlet(new ServletHolder(new OrderServlet(ORDERS)), "/orders");
      alice.subscribe("orders:7");

      assertThat(server.post("/orders?id=7", "").statusCode()).isEqualTo(200);

      Frame frame = alice.expect("order.changed");
      assertThat(frame.channel()).isEqualTo("orders:7");
      assertThat(frame.data().toString()).isEqualTo("{\"id\":\"7\",\"state\":\"closed\"}");
    }
  }

  @Test
  void aJobPushesOnItsOwnThread() throws Exception {
    ScheduledExecutorService jobs = Executors.newSingleThreadScheduledExecutor();
    try (TestServer server = server();
        RecordingClient alice = server.connect("alice")) {
      alice.subscribe("orders:all");

      PushingSample.schedule(jobs, server.context().getServletContext(), ORDERS);

      assertThat(alice.expect("order.oldest").data().path("id").asText()).isEqualTo("1");
      jobs.shutdownNow();
      assertThat(jobs.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
      alice.forget();
    } finally {
      jobs.shutdownNow();
    }
  }

  @Test
  void aJobOnAThreadOfTheServerWithAnotherClassLoaderPushesToo() throws Exception {
    try (TestServer server = server()) {
      ServletContext context = server.context().getServletContext();
      Position[] reached = new Position[1];
      Thread foreign =
          new Thread(
              () ->
                  reached[0] =
                      Channels.of(context)
                          .publish("orders:7", "order.changed", new Order("7", "open"))
                          .toCompletableFuture()
                          .join());
      foreign.setContextClassLoader(null);
      foreign.start();
      foreign.join(10_000);

      assertThat(reached[0]).isNotNull();
    }
  }

  @Test
  void afterTheEndAJobLearnsThatTheEndpointHasStopped() {
    Channels channels;
    ServletContext context;
    try (TestServer server = server()) {
      context = server.context().getServletContext();
      channels = Channels.of(context);
    }

    CompletionStage<Position> late = channels.publish("orders:7", "order.changed", null);

    assertThatThrownBy(() -> late.toCompletableFuture().get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOfSatisfying(
            PublishFailedException.class, e -> assertThat(e.isCertain()).isTrue())
        .hasMessageContaining("the endpoint has stopped");
    assertThatThrownBy(() -> channels.members("orders:7"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("the endpoint has stopped");
    assertThatThrownBy(
            () ->
                channels
                    .disconnect("alice", CloseCode.FORBIDDEN)
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS))
        .hasMessageContaining("the endpoint has stopped");
    assertThatThrownBy(() -> Channels.of(context))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("it has stopped");
  }

  @Test
  void inAnotherApplicationThereIsNothingToPushTo() {
    ServletContext other = new ServletContextHandler().getServletContext();

    assertThatThrownBy(() -> Channels.of(other))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("<load-on-startup>1</load-on-startup>")
        .hasMessageContaining("another application's");
  }
}
