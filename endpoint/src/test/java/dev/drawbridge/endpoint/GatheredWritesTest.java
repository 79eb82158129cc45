package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What is gathered into one write counts as written once that write was made. */
class GatheredWritesTest {
  private final List<CompletionStage<?>> stages = new CopyOnWriteArrayList<>();
  private final List<Boolean> doneInTheTurn = new CopyOnWriteArrayList<>();

  private TestServer.Setup setup() {
    return TestServer.setup()
        .set("drawbridge.messages.per.second", "1000000")
        .set("drawbridge.message.burst", "1000000")
        .endpoint(
            endpoint ->
                endpoint
                    .on("push", JsonNode.class)
                    .onReadingThread()
                    .handle(
                        (data, connection) -> {
                          // What was sent before in the same turn is copied by now, but not
                          // written.
                          stages.forEach(
                              stage -> doneInTheTurn.add(stage.toCompletableFuture().isDone()));
                          if (data.asInt() > 0) {
                            stages.add(connection.send("pushed", data));
                          }
                          return null;
                        }));
  }

  private static byte[] messages(int... numbers) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int number : numbers) {
      all.writeBytes(RawSocket.textFrame("{\"type\":\"push\",\"data\":" + number + "}"));
    }
    return all.toByteArray();
  }

  @Test
  void stageOfAGatheredFrameIsOpenUntilItsTurnEnds() throws Exception {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      boolean whole = false;
      // A write may arrive in parts, and then they are turns of their own.
      for (int round = 0; round < 50 && !whole; round++) {
        stages.clear();
        doneInTheTurn.clear();
        socket.raw(messages(1, 2, 3, 4));
        for (int i = 1; i <= 4; i++) {
          assertThat(socket.read().text()).isEqualTo("{\"type\":\"pushed\",\"data\":" + i + "}");
        }
        for (CompletionStage<?> stage : stages) {
          assertThat(stage.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
        }
        whole = doneInTheTurn.size() == 6 && !doneInTheTurn.contains(true);
      }
      assertThat(whole).isTrue();
    }
  }

  @Test
  void turnThatEndsWithoutAnAnswerWritesWhatItGathered() throws Exception {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      for (int round = 0; round < 50; round++) {
        stages.clear();
        socket.raw(messages(1, 2, 0, 0));

        assertThat(socket.read().text()).contains("\"data\":1");
        assertThat(socket.read().text()).contains("\"data\":2");
        for (CompletionStage<?> stage : stages) {
          assertThat(stage.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
        }
      }
    }
  }

  @Test
  void gatheredFramesOfAClosedConnectionEndTheirStages() throws Exception {
    try (TestServer server = setup().start();
        RawSocket socket = RawSocket.open(server, "alice")) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(messages(1, 2));
      all.writeBytes(RawSocket.frame(RawSocket.CLOSE, true, false, 2, new byte[] {3, (byte) 0xE8}));
      socket.raw(all.toByteArray());

      assertThat(socket.readUntil(RawSocket.CLOSE).closeCode()).isEqualTo(1000);
      for (CompletionStage<?> stage : stages) {
        CompletableFuture<?> future = stage.toCompletableFuture();
        TestServer.await("the stage ends", future::isDone);
      }
    }
  }
}
