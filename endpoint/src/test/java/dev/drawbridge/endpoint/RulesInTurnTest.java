package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Data that has a rule of the application's own is read and judged in its handler's turn: whatever
 * the rule does, nobody else waits for it, and the client is told the same in the same order.
 */
class RulesInTurnTest {
  private static final AtomicInteger CALLS = new AtomicInteger();

  /** Where the rule ran last. */
  private static volatile String thread = "";

  /** What a rule waits for that is given {@code wait}. */
  private static volatile CountDownLatch released = new CountDownLatch(0);

  private static TestServer server;

  /** A rule that may ask somebody. */
  @Retention(RetentionPolicy.RUNTIME)
  @Constraint(validatedBy = Asking.class)
  @interface Known {
    String message() default "must be known";

    Class<?>[] groups() default {};

    Class<? extends Payload>[] payload() default {};
  }

  /** Its check. */
  public static final class Asking implements ConstraintValidator<Known, String> {
    @Override
    public boolean isValid(String value, ConstraintValidatorContext context) {
      thread = Thread.currentThread().getName();
      if (value.equals("wait")) {
        try {
          return released.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      if (value.equals("hang")) {
        return isReleased();
      }
      if (value.equals("throw")) {
        throw new IllegalStateException("the rule fails");
      }
      return !value.equals("unknown");
    }
  }

  /** Whatever interrupts it meanwhile. */
  private static boolean isReleased() {
    while (true) {
      try {
        return released.await(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.interrupted();
      }
    }
  }

  record Room(@Known String name) {}

  @BeforeAll
  static void start() {
    server = started(TestServer.setup());
  }

  private static TestServer started(TestServer.Setup setup) {
    return setup
        .endpoint(
            endpoint ->
                endpoint
                    .on(
                        "room.open",
                        Room.class,
                        (room, connection) -> {
                          CALLS.incrementAndGet();
                          return room.name();
                        })
                    .on("room.close", Room.class)
                    .requires("admin")
                    .handle((room, connection) -> room.name())
                    .on("room.see", Room.class)
                    .onReadingThread()
                    .handle((room, connection) -> room.name())
                    .on("plain", JsonNode.class, (data, connection) -> data)
                    .channel(
                        "rooms:",
                        rules ->
                            rules
                                .authorize((user, action, channels) -> channels)
                                .clientPublish("room.said", Room.class)))
        .start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void reset() {
    released = new CountDownLatch(0);
  }

  @Test
  void ruleRunsOnAThreadOfHandlers() {
    try (RecordingClient alice = server.connect("alice")) {
      assertThat(alice.request("room.open", Map.of("name", "hall")).toString()).contains("hall");
      assertThat(thread).startsWith("drawbridge-handler-");
      alice.leave();
    }
  }

  @Test
  void ruleOfATypeForTheReadingThreadRunsThere() {
    try (RecordingClient alice = server.connect("alice")) {
      assertThat(alice.request("room.see", Map.of("name", "hall")).toString()).contains("hall");
      assertThat(thread).doesNotStartWith("drawbridge-handler-");
      alice.leave();
    }
  }

  @Test
  void ruleThatWaitsHoldsNoOtherConnection() {
    released = new CountDownLatch(1);
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      alice.send("room.open", "a", Map.of("name", "wait"));
      for (int i = 0; i < 20; i++) {
        assertThat(bob.request("plain", Map.of("number", i)).toString())
            .contains("\"number\":" + i);
      }
      released.countDown();
      assertThat(alice.expect("ack").toString()).contains("\"id\":\"a\"");
      alice.leave();
      bob.leave();
    }
  }

  @Test
  void refusalsComeInTheOrderOfTheMessages() {
    int before = CALLS.get();
    try (RecordingClient alice = server.connect("alice")) {
      alice.send("room.open", "1", Map.of("name", "hall"));
      alice.send("room.open", "2", Map.of("name", "unknown"));
      alice.send("room.open", "3", Map.of("nome", "hall"));
      alice.send("room.open", "4", Map.of("name", "throw"));
      alice.send("room.open", "5", null);
      alice.send("room.open", "6", Map.of("name", "hall"));
      assertThat(alice.expect("ack").toString()).contains("\"id\":\"1\"");
      assertThat(alice.expect("error").toString())
          .contains("\"id\":\"2\"", "message_data_invalid", "/data/name", "must be known");
      assertThat(alice.expect("error").toString())
          .contains("\"id\":\"3\"", "message_data_invalid", "/data/nome", "no such member");
      assertThat(alice.expect("error").toString())
          .contains("\"id\":\"4\"", "handler_failed", "a message of room.open could not be read");
      assertThat(alice.expect("error").toString())
          .contains("\"id\":\"5\"", "message_data_invalid", "absent");
      assertThat(alice.expect("ack").toString()).contains("\"id\":\"6\"");
      alice.leave();
    }
    assertThat(CALLS.get() - before).isEqualTo(2);
  }

  @Test
  void frameThatIsNoMessageIsRefusedBeforeItsTurn() {
    try (RecordingClient alice = server.connect("alice")) {
      alice.sendText(
          "{\"type\":\"room.open\",\"id\":\"a\",\"data\":{\"name\":\"hall\",\"name\":1}}");
      assertThat(alice.expect("error").toString()).contains("message_duplicate_member");
      alice.sendText("{\"id\":\"b\",\"data\":{\"name\":\"hall\"},\"type\":\"room.open\"}");
      assertThat(alice.expect("ack").toString()).contains("\"id\":\"b\"", "hall");
      alice.leave();
    }
  }

  @Test
  void rolesComeBeforeTheRule() {
    thread = "none";
    try (RecordingClient alice = server.connect("alice")) {
      alice.send("room.close", "a", Map.of("name", "unknown"));
      assertThat(alice.expect("error").toString()).contains("message_forbidden");
      assertThat(thread).isEqualTo("none");
      alice.leave();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"unknown", "throw"})
  void whatIsPublishedIsJudgedInItsTurn(String name) {
    try (RecordingClient alice = server.connect("alice")) {
      alice.sendText(publish("a", "hall"));
      assertThat(alice.expect("ack").toString()).contains("\"id\":\"a\"");
      assertThat(thread).startsWith("drawbridge-handler-");
      alice.sendText(publish("b", name));
      assertThat(alice.expect("error").toString())
          .contains(
              "\"id\":\"b\"",
              name.equals("throw") ? "a message of publish could not be read" : "/data/data/name");
      alice.leave();
    }
  }

  private static String publish(String id, String name) {
    return "{\"type\":\"publish\",\"id\":\""
        + id
        + "\",\"channel\":\"rooms:1\",\"data\":{\"type\":\"room.said\",\"data\":{\"name\":\""
        + name
        + "\"}}}";
  }

  @Test
  void frameThatIsRefusedInItsTurnIsShownSo() {
    try (RecordingClient alice = server.connect("alice")) {
      alice.send("room.open", "a", Map.of("name", "unknown"));
      alice.expect("error");
      FrameLog frames = server.connections().links("alice").get(0).frameLog();
      assertThat(frames.newest())
          .filteredOn(FrameLog.Frame::incoming)
          .extracting(FrameLog.Frame::type, FrameLog.Frame::code)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple("room.open", "message_data_invalid"));
      alice.leave();
    }
  }

  @Test
  void tooManyAreCountedInTheirTurns() {
    try (TestServer production = started(TestServer.setup().production());
        RecordingClient alice = production.connect("alice")) {
      for (int i = 0; i < 10; i++) {
        alice.send("room.open", "m" + i, Map.of("name", "unknown"));
      }
      for (int i = 0; i < 10; i++) {
        assertThat(alice.expect("error").toString()).contains("\"id\":\"m" + i + "\"");
      }
      alice.expectClose(4400);
    }
  }

  @Test
  void ruleThatDoesNotReturnIsAnsweredByTheTimeOut() {
    released = new CountDownLatch(1);
    try (TestServer hasty = started(TestServer.setup().set("drawbridge.handler.timeout", "200ms"));
        RecordingClient alice = hasty.connect("alice")) {
      alice.send("room.open", "a", Map.of("name", "wait"));
      assertThat(alice.expect("error").toString()).contains("\"id\":\"a\"", "handler_timeout");
      assertThat(alice.request("plain", "still here").toString()).contains("still here");
      alice.leave();
    }
  }

  /** It would come behind messages that were sent after it, and its client was told the end. */
  @Test
  void messageWhoseRuleWasLateIsNotHandledAnyMore() {
    int before = CALLS.get();
    released = new CountDownLatch(1);
    try (TestServer hasty = started(TestServer.setup().set("drawbridge.handler.timeout", "200ms"));
        RecordingClient alice = hasty.connect("alice")) {
      alice.send("room.open", "a", Map.of("name", "hang"));
      assertThat(alice.expect("error").toString()).contains("\"id\":\"a\"", "handler_timeout");

      released.countDown();

      assertThat(alice.request("plain", "still here").toString()).contains("still here");
      alice.leave();
    }
    assertThat(CALLS.get()).isEqualTo(before);
  }
}
