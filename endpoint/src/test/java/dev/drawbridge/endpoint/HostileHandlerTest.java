package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Handlers whose results break every rule of Java: one answer each, and the next is handled. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileHandlerTest {
  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private TestServer server;

  @BeforeAll
  void start() {
    server =
        TestServer.setup()
            .endpoint(
                endpoint ->
                    endpoint
                        .on("count", JsonNode.class, (data, connection) -> counted(data))
                        .on("odd", JsonNode.class, (data, connection) -> odd(data.asText()))
                        .on("odd.quick", JsonNode.class)
                        .onReadingThread()
                        .handle((data, connection) -> odd(data.asText()))
                        .on(
                            "interrupted",
                            JsonNode.class,
                            (data, connection) -> {
                              Thread.currentThread().interrupt();
                              server.connections().all().send("news", 1);
                              return Thread.currentThread().isInterrupted();
                            }))
            .start();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** How many are handled at once. */
  private JsonNode counted(JsonNode data) {
    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
    inside.decrementAndGet();
    return data;
  }

  /** A stage that does whatever it likes when it is waited for. */
  private static final class Stage extends CompletableFuture<Object> {
    private final java.util.function.Consumer<BiConsumer<Object, Throwable>> whenAsked;

    Stage(java.util.function.Consumer<BiConsumer<Object, Throwable>> whenAsked) {
      this.whenAsked = whenAsked;
    }

    @Override
    @SuppressWarnings("unchecked")
    public CompletableFuture<Object> whenComplete(
        BiConsumer<? super Object, ? super Throwable> action) {
      whenAsked.accept((BiConsumer<Object, Throwable>) action);
      return null;
    }
  }

  /** An exception that nobody can look at. */
  private static final class Basilisk extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new IllegalStateException("no message");
    }

    @Override
    public String toString() {
      throw new IllegalStateException("no text");
    }
  }

  /** Fails in its own way when Jackson reads it. */
  public static final class Trap {
    private final boolean sprung = true;

    /** The trap. */
    public String getValue() {
      if (sprung) {
        throw new NoClassDefFoundError("what the result needs");
      }
      return "";
    }
  }

  private static Object odd(String how) throws Exception {
    return switch (how) {
      case "throws" ->
          new Stage(
              action -> {
                throw new IllegalStateException("nobody waits for me");
              });
      case "throws an error" ->
          new Stage(
              action -> {
                throw new NoSuchMethodError("whenComplete");
              });
      case "completes twice" ->
          new Stage(
              action -> {
                action.accept(1, null);
                action.accept(2, null);
              });
      case "completes, then throws" ->
          new Stage(
              action -> {
                action.accept(1, null);
                throw new IllegalStateException("too late");
              });
      case "completes on two threads" ->
          new Stage(
              action -> {
                for (int i = 0; i < 2; i++) {
                  new Thread(() -> action.accept(1, null)).start();
                }
              });
      case "completes on an interrupted thread" ->
          new Stage(
              action ->
                  new Thread(
                          () -> {
                            Thread.currentThread().interrupt();
                            action.accept(1, null);
                          })
                      .start());
      case "cancelled" -> {
        CompletableFuture<String> stage = new CompletableFuture<>();
        stage.cancel(true);
        yield stage;
      }
      case "refused inside" ->
          CompletableFuture.failedFuture(
              new ExecutionException(new MessageRefused("room_full", "10 of 10")));
      case "fails without a cause" -> new Stage(action -> action.accept(null, new Basilisk()));
      case "throws what cannot be logged" -> throw new Basilisk();
      case "result that cannot be written" -> new Trap();
      case "result of a stage that cannot be written" ->
          CompletableFuture.completedFuture(new Trap());
      case "interrupts itself" -> {
        Thread.currentThread().interrupt();
        yield 1;
      }
      case "interrupted" -> throw new InterruptedException("by itself");
      default -> throw new IllegalArgumentException(how);
    };
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "throws, handler_failed",
    "throws an error, handler_failed",
    "completes twice, ''",
    "'completes, then throws', ''",
    "completes on two threads, ''",
    "completes on an interrupted thread, ''",
    "cancelled, handler_failed",
    "refused inside, room_full",
    "fails without a cause, handler_failed",
    "throws what cannot be logged, handler_failed",
    "result that cannot be written, handler_failed",
    "result of a stage that cannot be written, handler_failed",
    "interrupts itself, ''",
    "interrupted, handler_failed",
  })
  void oneAnswerAndTheNextIsHandled(String how, String code) {
    for (String type : new String[] {"odd", "odd.quick"}) {
      try (RecordingClient client = server.connect("alice")) {
        client.send(type, "o", how);
        for (int i = 0; i < 40; i++) {
          client.send("count", "c" + i, i);
        }

        Frame answer = client.next();
        assertThat(answer.id()).isEqualTo("o");
        assertThat(answer.errorCode()).isEqualTo(code);
        for (int i = 0; i < 40; i++) {
          assertThat(client.expect("ack").id()).isEqualTo("c" + i);
        }
        client.leave();
      }
    }
    assertThat(most.get()).as("handled at once").isEqualTo(1);
  }

  @Test
  void interruptOfAHandlerHarmsNeitherItsConnectionNorThoseItSendsTo() {
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      alice.send("interrupted", "i", null);
      alice.expect("news");
      assertThat(alice.expect("ack").data().asBoolean()).isTrue();
      bob.expect("news");

      assertThat(alice.request("count", 1).type()).isEqualTo("ack");
      assertThat(bob.request("count", 1).type()).isEqualTo("ack");
      alice.leave();
      bob.leave();
    }
  }

  @Test
  void interruptedThreadOfTheApplicationSendsLikeAnyOther() {
    try (RecordingClient alice = server.connect("alice")) {
      Thread.currentThread().interrupt();
      CompletionStage<Connections.Delivery> sent = server.connections().all().send("news", 1);

      assertThat(Thread.interrupted()).isTrue();
      assertThat(sent.toCompletableFuture().join()).isEqualTo(new Connections.Delivery(1, 0));
      alice.expect("news");
      assertThat(alice.request("count", 1).type()).isEqualTo("ack");
      alice.leave();
    }
  }
}
