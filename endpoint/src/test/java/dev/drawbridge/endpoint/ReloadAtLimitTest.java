package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.endpoint.internal.server.Admission;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import dev.drawbridge.filters.refusal.RefusedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A page that is loaded again at the limit of connections. */
class ReloadAtLimitTest {
  private static TestServer.Setup setup(String limit, int value) {
    return TestServer.setup().set("drawbridge.connections." + limit, Integer.toString(value));
  }

  @ParameterizedTest
  @CsvSource({"per.user,1", "per.user,3", "per.address,1", "max,1", "max,3"})
  void closeAndOpenAtOnceIsAdmitted(String limit, int value) {
    try (TestServer server = setup(limit, value).start()) {
      List<RecordingClient> open = new ArrayList<>();
      for (int i = 0; i < value; i++) {
        open.add(server.connect("alice"));
      }
      for (int round = 0; round < 20; round++) {
        RecordingClient old = open.remove(0);
        old.leave();
        old.forget();
        open.add(server.connect("alice"));
      }
      open.forEach(RecordingClient::leave);
      open.forEach(RecordingClient::forget);
    }
  }

  @Test
  void endOfTheOldMayComeAfterTheHandshakeOfTheNew() throws Exception {
    try (TestServer server = setup("per.user", 1).start();
        RecordingClient old = server.connect("alice")) {
      CompletableFuture<RecordingClient> fresh =
          CompletableFuture.supplyAsync(() -> server.connect("alice"));
      TestServer.await("the new one waits", () -> server.core().admission().waiting() == 1);

      old.leave();

      try (RecordingClient client = fresh.get(10, TimeUnit.SECONDS)) {
        client.leave();
      }
    }
  }

  @Test
  void refusalComesSoonWhenNobodyLeavesAndSaysWhatWasWaitedFor() {
    try (TestServer server = setup("per.user", 1).start();
        RecordingClient old = server.connect("alice")) {
      long before = System.nanoTime();

      assertThatThrownBy(() -> server.connect("alice"))
          .isInstanceOfSatisfying(
              RecordingClient.Refused.class, e -> assertThat(e.status()).isEqualTo(429));

      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isBetween(Duration.ofMillis(450), Duration.ofSeconds(5));
      assertThatThrownBy(() -> server.core().admission().take("alice", "127.0.0.1"))
          .isInstanceOfSatisfying(
              RefusedException.class,
              refused ->
                  assertThat(refused.refusal().hint())
                      .contains("1 connections per user, at most 1")
                      .contains("a close counts once it has reached the server"));
      old.leave();
    }
  }

  @Test
  void atMostSixteenWaitAndOthersAreRefusedAtOnce() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TestServer server = setup("per.user", 1).start()) {
      Admission admission = new Admission(server.core().config(), Duration.ofMinutes(1));
      Place old = admission.take("alice", "127.0.0.1");
      List<CompletableFuture<Void>> waiting = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        waiting.add(
            CompletableFuture.runAsync(
                () -> admission.take("alice", "127.0.0.1").release(), threads));
      }
      TestServer.await("sixteen wait", () -> admission.waiting() == 16);

      assertThatThrownBy(() -> admission.take("alice", "127.0.0.1"))
          .isInstanceOf(RefusedException.class);
      assertThat(waiting).noneMatch(CompletableFuture::isDone);
      old.release();

      for (CompletableFuture<Void> one : waiting) {
        assertThat(one).succeedsWithin(Duration.ofSeconds(10));
      }
      assertThat(admission.isEmpty()).isTrue();
      assertThat(admission.waiting()).isZero();
    } finally {
      threads.shutdownNow();
    }
  }
}
