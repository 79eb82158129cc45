package dev.drawbridge.cluster.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineException.Outcome;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;

/** What is known of a call whose connection fails: never that it was not sent when it was. */
class RedisLineTest {
  private static RedisProcess redis;
  private Link link;
  private RedisLine line;

  @BeforeAll
  static void startRedis() throws Exception {
    redis = RedisProcess.start();
  }

  @AfterAll
  static void stopRedis() {
    if (redis != null) {
      redis.close();
    }
  }

  @BeforeEach
  void connect() throws Exception {
    link = new Link(redis.port());
    RedisAddress address = new RedisAddress("redis://127.0.0.1:" + link.port());
    line =
        new RedisLine(
            () -> new HostAndPort("127.0.0.1", link.port()),
            () -> address.config(RedisAddress.ANSWER_MILLIS),
            RedisKeys.of("line", Duration.ofMinutes(5)));
    try (Jedis jedis = redis.client()) {
      jedis.flushAll();
    }
  }

  @AfterEach
  void close() throws Exception {
    line.close();
    link.close();
  }

  private Object append(String text) throws EngineException {
    return line.call(new CommandArguments(Protocol.Command.APPEND).key("k").add(text));
  }

  private Outcome outcome(String text) {
    return catchThrowableOfType(EngineException.class, () -> append(text)).outcome();
  }

  private static String value() {
    try (Jedis jedis = redis.client()) {
      return String.valueOf(jedis.get("k"));
    }
  }

  @Test
  void aLostAnswerIsUnknownWhereTheSecondTryCannotConnect() throws Exception {
    append("a");
    link.loseAnswer("marked", true);

    assertThat(outcome("marked")).isEqualTo(Outcome.UNKNOWN);
    assertThat(value()).isEqualTo("amarked");
  }

  @Test
  void aLostAnswerIsAskedForAgainOnANewConnection() throws Exception {
    append("a");
    link.loseAnswer("marked", false);

    append("marked");

    assertThat(value())
        .as("executed twice, which numbers and names make once")
        .isEqualTo("amarkedmarked");
  }

  @Test
  void whatTheServerAnswersToTheSecondTrySaysNothingOfTheFirst() throws Exception {
    append("a");
    link.loseAnswer("marked", false);
    try (RedisProcess other = RedisProcess.start("--requirepass", "secret")) {
      link.target(other.port());

      assertThat(outcome("marked")).isEqualTo(Outcome.UNKNOWN);
      assertThat(outcome("more")).isEqualTo(Outcome.NOT_SENT);
    }
    assertThat(value()).isEqualTo("amarked");
  }

  @Test
  void aFirstCallThatLosesItsAnswerIsUnknown() {
    link.loseAnswer("marked", false);

    assertThat(outcome("marked")).isEqualTo(Outcome.UNKNOWN);
    assertThat(value()).isEqualTo("marked");
  }

  @Test
  void aConnectionThatHasEndedIsToldFromOneThatWasRenewed() throws Exception {
    append("a");
    link.away(true);

    assertThat(outcome("b")).isEqualTo(Outcome.UNKNOWN);
    assertThat(outcome("b")).as("no connection").isEqualTo(Outcome.NOT_SENT);
    link.away(false);
    append("c");
    link.away(true);
    line.renew();
    assertThat(outcome("d")).isEqualTo(Outcome.NOT_SENT);
    assertThat(value()).isEqualTo("ac");
  }

  @Test
  void anAnswerThatComesTooLateIsUnknownInTime() throws Exception {
    append("a");
    link.delay(1_500);
    long began = System.nanoTime();

    assertThat(outcome("late")).isEqualTo(Outcome.UNKNOWN);
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(2));
    assertThat(value()).isEqualTo("alate");
  }

  @Test
  void aShardThatDoesNotHoldTheKeysIsSaidWithWhatToDo() throws Exception {
    try (ServerSocket shard = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> answering = CompletableFuture.runAsync(() -> answerMoved(shard));
      link.target(shard.getLocalPort());

      EngineException told = catchThrowableOfType(EngineException.class, () -> append("a"));

      assertThat(told.outcome()).isEqualTo(Outcome.NOT_SENT);
      assertThat(told)
          .hasMessageContaining("a cluster of several shards")
          .hasMessageContaining("give the address of the primary")
          .hasMessageContaining("10.0.0.7:6379");
      line.close();
      answering.get(10, TimeUnit.SECONDS);
    }
  }

  /** As a shard does whose slots are others. */
  private static void answerMoved(ServerSocket shard) {
    try (Socket socket = shard.accept();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      for (String text = in.readLine(); text != null; text = in.readLine()) {
        if (text.startsWith("*")) {
          socket
              .getOutputStream()
              .write("-MOVED 12182 10.0.0.7:6379\r\n".getBytes(StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      // The caller has gone.
    }
  }

  @Test
  void whatIsSwallowedIsUnknownAndTheNextCallIsNotSent() throws Exception {
    append("a");
    link.swallowing(true);

    assertThat(outcome("gone")).isEqualTo(Outcome.UNKNOWN);
    assertThat(outcome("gone")).as("no greeting either").isEqualTo(Outcome.NOT_SENT);
    assertThat(value()).isEqualTo("a");
  }

  @Test
  void aCallThatFindsAnotherInFrontForTooLongIsNotSent() throws Exception {
    append("a");
    redis.freeze(true);
    CompletableFuture<Outcome> first;
    CompletableFuture<Outcome> second;
    try {
      first = CompletableFuture.supplyAsync(() -> outcome("first"));
      second = CompletableFuture.supplyAsync(() -> outcome("second"));
      CompletableFuture.allOf(first, second).get(10, TimeUnit.SECONDS);
    } finally {
      redis.freeze(false);
    }

    assertThat(new Outcome[] {first.get(), second.get()})
        .containsExactlyInAnyOrder(Outcome.UNKNOWN, Outcome.NOT_SENT);
  }
}
