package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A server that shows its own classes, and an endpoint with handlers that do not block. */
class DirectUpgradeTest {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.setup()
            .set("drawbridge.messages.per.second", "1000000")
            .set("drawbridge.message.burst", "1000000")
            .endpoint(
                endpoint ->
                    endpoint
                        .on("echo", JsonNode.class)
                        .onReadingThread()
                        .handle((data, connection) -> data)
                        .on("direct", Void.class)
                        .onReadingThread()
                        .handle((nothing, connection) -> isOnSelector())
                        .on("pooled", Void.class, (nothing, connection) -> isOnSelector()))
            .start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** True where the thread that watches the sockets does it, and watches none meanwhile. */
  private static boolean isOnSelector() {
    return Arrays.stream(Thread.currentThread().getStackTrace())
        .map(StackTraceElement::getMethodName)
        .anyMatch(name -> name.equals("pcRunTask") || name.equals("processUpdates"));
  }

  @Test
  void handlerThatDoesNotBlockRunsOnTheSelectorAndAnyOtherDoesNot() {
    try (RecordingClient alice = server.connect("alice")) {
      // The first one may come so early that the thread of the handshake reads it.
      assertThat(alice.request("echo", 1).toString()).contains("ack");
      assertThat(alice.request("direct", null).toString()).contains("\"data\":true");
      assertThat(alice.request("pooled", null).toString()).contains("\"data\":false");
      alice.leave();
    }
  }

  @Test
  void textOfAnyLanguageAndInAnyPartsArrivesWhole() {
    try (RecordingClient alice = server.connect("alice")) {
      assertThat(alice.request("echo", Map.of("text", "plain")).toString()).contains("plain");
      assertThat(alice.request("echo", Map.of("text", "\u00e9\ud83d\ude00")).toString())
          .contains("\u00e9\ud83d\ude00");
      alice.sendPart("{\"type\":\"echo\",\"id\":\"p\",\"data\":\"\u00e9", false);
      alice.sendPart("\ud83d\ude00", false);
      alice.sendPart("\"}", true);
      assertThat(alice.expect("ack").toString()).contains("\u00e9\ud83d\ude00");
      alice.leave();
    }
  }

  @Test
  void aClientThatSendsWithoutPauseIsAnsweredInFullAndLeavesRoomForOthers() {
    int many = 1000;
    try (RecordingClient alice = server.connect("alice");
        RecordingClient bob = server.connect("bob")) {
      for (int i = 0; i < many; i++) {
        alice.send("echo", "m" + i, i);
      }
      assertThat(bob.request("echo", Map.of("text", "hi")).toString()).contains("hi");
      for (int i = 0; i < many; i++) {
        assertThat(alice.expect("ack").toString()).contains("\"id\":\"m" + i + "\"");
      }
      alice.leave();
      bob.leave();
    }
  }

  @Test
  void closeOfEitherSideIsTold() {
    try (RecordingClient alice = server.connect("alice")) {
      server.connections().list().forEach(Connection::close);
      alice.expectClose(1000);
    }
    TestServer.await("nobody is left", () -> server.connections().isEmpty());
  }
}
