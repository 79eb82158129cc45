package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.channels.presence.Servers;
import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.Credential;
import dev.drawbridge.endpoint.internal.connection.Reauthentication;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.diagnostics.DiagnosticsDocument;
import dev.drawbridge.endpoint.internal.diagnostics.DiagnosticsStream;
import dev.drawbridge.endpoint.internal.message.Message;
import dev.drawbridge.endpoint.internal.message.MessageCodec;
import dev.drawbridge.endpoint.internal.receive.HandlerThreads;
import dev.drawbridge.endpoint.internal.receive.InvalidMessages;
import dev.drawbridge.endpoint.internal.receive.RateLimit;
import dev.drawbridge.endpoint.internal.send.Continuations;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import dev.drawbridge.endpoint.internal.server.Admission;
import dev.drawbridge.endpoint.internal.server.Drain;
import dev.drawbridge.endpoint.internal.server.RevocationWatch;
import dev.drawbridge.endpoint.internal.transport.CloseFrame;
import dev.drawbridge.endpoint.internal.transport.jetty.direct.ReadingTurn;
import dev.drawbridge.filters.jwt.Handshake;
import dev.drawbridge.filters.settings.Settings;
import dev.drawbridge.testing.DocumentedNumbers;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * The numbers that PROTOCOL.md and the module's README mark are those of the code: measured where
 * that takes no time, else read from the constant. A mark without a value here fails, and a value
 * without a mark.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DocumentedNumbersTest {
  private static final DocumentedNumbers NUMBERS = DocumentedNumbers.everywhere();
  private static final long MILLI = 1_000_000;

  private static final MessageCodec CODEC =
      MessageCodec.builder().type("echo", JsonNode.class).type("big", BigInteger.class).build();

  private final EndpointConfig production = config();
  private final EndpointConfig development =
      config("ENVIRONMENT", "development", "WEBSOCKET_DEV_MODE", "true");

  /** By name without its first word: a count, or a duration. */
  private final Map<String, Object> values = new TreeMap<>();

  private static Settings settings(String... pairs) {
    Map<String, String> values = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      values.put(pairs[i], pairs[i + 1]);
    }
    return Settings.of(values);
  }

  private static EndpointConfig config(String... pairs) {
    return EndpointConfig.from(settings(pairs));
  }

  DocumentedNumbersTest() {
    frames();
    heartbeat();
    limits();
    whileConnected();
    page();
    threads();
  }

  private void frames() {
    count("type-length", longest(n -> isFine("{\"type\":\"" + "a".repeat(n) + "\"}")));
    count(
        "id-length", longest(n -> isFine("{\"type\":\"echo\",\"id\":\"" + "i".repeat(n) + "\"}")));
    // The envelope is the first level.
    count(
        "depth",
        1
            + longest(
                n -> isFine("{\"type\":\"echo\",\"data\":" + "[".repeat(n) + "]".repeat(n) + "}")));
    count("digits", longest(n -> isFine("{\"type\":\"big\",\"data\":" + "9".repeat(n) + "}")));
    duration("expiring", warning(Duration.ofHours(1)));
    count("expiring-share", warning(Duration.ofSeconds(100)).toSeconds());
    duration("overrun", overrun());
    duration("auth-pause", Duration.ofNanos(Reauthentication.PAUSE_NANOS));
    count("invalid", invalid());
    duration("invalid-window", invalidWindow());
    count("reason-bytes", CloseFrame.cutReason("x".repeat(500)).length());
    duration("handler-timeout", same(production.handlerTimeout(), development.handlerTimeout()));
  }

  private void heartbeat() {
    duration("heartbeat", production.heartbeatInterval());
    duration("heartbeat.dev", development.heartbeatInterval());
    duration("grace", production.heartbeatGrace());
    duration("grace.dev", development.heartbeatGrace());
    duration("close", Duration.ofNanos(ServerConnection.CLOSE_NANOS));
    duration("heartbeat.least", Duration.ofMillis(first(n -> isHeartbeat(n + "ms", "1s"))));
    duration("heartbeat.most", Duration.ofSeconds(longest(n -> isHeartbeat(n + "s", "1s"))));
    duration("grace.least", Duration.ofMillis(first(n -> isHeartbeat("10s", n + "ms"))));
  }

  private void limits() {
    count("message", same(production.maxMessageBytes(), development.maxMessageBytes()));
    count("rate", production.messagesPerSecond());
    count("rate.dev", development.messagesPerSecond());
    count("burst", production.messageBurst());
    count("burst.dev", development.messageBurst());
    RateLimit beats = RateLimit.ofBeats(0);
    count("beats.burst", passed(beats, 0));
    count("beats", passed(beats, 1000 * MILLI));
    count("per-user", production.connectionsPerUser());
    count("per-user.dev", development.connectionsPerUser());
    count("in-all", production.connectionsMax());
    count("in-all.dev", development.connectionsMax());
    count("queue.frames", same(production.sendQueueFrames(), development.sendQueueFrames()));
    count("queue.bytes", same(production.sendQueueBytes(), development.sendQueueBytes()));
    duration("queue.age", same(production.sendTimeout(), development.sendTimeout()));
    count("receive", same(production.receiveQueueFrames(), development.receiveQueueFrames()));
    duration("place", Duration.ofMillis(Admission.WAIT_MS));
    count("place.waiting", Admission.MAX_WAITING);
  }

  private void whileConnected() {
    duration("user.age", ConnectionMonitor.MAX_AGE);
    // The timer is late by half a second at most, and the look takes its time.
    duration("user.recheck", Duration.ofNanos(ConnectionMonitor.RECHECK_NANOS).plusSeconds(5));
    duration("revoked.question", Duration.ofNanos(RevocationWatch.PERIOD_NANOS));
    duration("revoked", Duration.ofNanos(RevocationWatch.PERIOD_NANOS).plusSeconds(2));
    duration("drain.spread", Duration.ofMillis(Drain.spreadMs(1_000_000)));
    duration("drain.spread.least", Duration.ofMillis(Drain.spreadMs(0)));
    duration("drain.each", Duration.ofMillis(Drain.spreadMs(1000) / 1000));
    duration("drain.handlers", Duration.ofNanos(Drain.HANDLERS_NANOS));
    // The timer is late by half a second at most, here and when the handlers have had their time.
    duration("drain", Duration.ofNanos(Drain.LAST_NANOS).plusSeconds(1));
  }

  private void page() {
    count("page.attempts", DiagnosticsDocument.ATTEMPTS);
    count("page.connections", DiagnosticsDocument.CONNECTIONS);
    count("page.frames", FrameLog.SIZE);
    count("page.servers", DiagnosticsDocument.SERVERS);
    duration("page.trend", DiagnosticsDocument.TREND);
    duration("page.gone", Duration.ofMillis(Servers.REMEMBERED_MS));
    count("page.listeners", DiagnosticsStream.MAX_LISTENERS);
    duration("page.retry", Duration.ofMillis(DiagnosticsStream.COME_BACK_MS));
  }

  private void threads() {
    count("threads", HandlerThreads.MAX_THREADS);
    count("threads.replaced", HandlerThreads.MAX_REPLACED);
    count("stages", Continuations.MAX_THREADS);
    count("turn", ReadingTurn.FULL_BUFFERS);
    duration("look", Duration.ofMillis(HandlerThreads.LOOK_MILLIS));
  }

  @TestFactory
  Stream<DynamicTest> everyMarkedNumberIsThatOfTheCode() {
    return NUMBERS.names("endpoint").stream().map(name -> dynamicTest(name, () -> check(name)));
  }

  private void check(String name) {
    Object value = values.get(name.substring("endpoint.".length()));

    assertThat(value).as("a value for the mark %s", name).isNotNull();
    if (value instanceof Duration duration) {
      assertThat(NUMBERS.duration(name)).isEqualTo(duration);
    } else {
      assertThat(NUMBERS.count(name)).isEqualTo(value);
    }
  }

  @Test
  void everyNumberOfTheCodeIsMarked() {
    assertThat(NUMBERS.names("endpoint"))
        .containsExactlyInAnyOrderElementsOf(
            values.keySet().stream().map(name -> "endpoint." + name).toList());
  }

  private void count(String name, long value) {
    values.put(name, value);
  }

  private void duration(String name, Duration value) {
    values.put(name, value);
  }

  private static <T> T same(T production, T development) {
    assertThat(development).isEqualTo(production);
    return production;
  }

  /** The largest number up to 1200 that fits. */
  private static int longest(IntPredicate fits) {
    int longest = 0;
    for (int n = 1; n <= 1200; n++) {
      longest = fits.test(n) ? n : longest;
    }
    return longest;
  }

  /** The smallest number from 1 on that fits. */
  private static int first(IntPredicate fits) {
    int n = 1;
    while (n < 100_000 && !fits.test(n)) {
      n++;
    }
    return n;
  }

  /** A type that nobody has registered is well formed. */
  private static boolean isFine(String text) {
    Message message = CODEC.read(text);
    return message.payloadFault() == null
        && (message.fault() == null || message.fault().code() == ErrorCode.MESSAGE_TYPE_UNKNOWN);
  }

  private static boolean isHeartbeat(String interval, String grace) {
    return settings("drawbridge.heartbeat.interval", interval, "drawbridge.heartbeat.grace", grace)
        .problems()
        .stream()
        .noneMatch(problem -> problem.contains("HEARTBEAT"));
  }

  private static Duration warning(Duration life) {
    Instant now = Instant.now();
    Handshake handshake =
        new Handshake(
            User.of("alice", "Alice", Set.of()),
            null,
            now,
            now.plus(life),
            Set.of(),
            null,
            "attempt",
            "authorization");
    return Duration.between(Credential.of(handshake, now).warnAt(), now.plus(life));
  }

  private static Duration overrun() {
    RateLimit rate = new RateLimit(1, 1, 0);
    long since = -1;
    for (long now = 0; now < 100_000 * MILLI; now += 100 * MILLI) {
      if (rate.take(now) > 0 && since < 0) {
        since = now;
      }
      if (rate.isHopeless(now)) {
        return Duration.ofNanos(now - since);
      }
    }
    throw new AssertionError("nobody is hopeless");
  }

  private static int invalid() {
    InvalidMessages invalid = new InvalidMessages();
    return first(n -> invalid.isTooMany(0));
  }

  /** The shortest time within which the last of them is not too many. */
  private static Duration invalidWindow() {
    int many = invalid();
    return Duration.ofMillis(
        100L
            * first(
                tenths -> {
                  InvalidMessages invalid = new InvalidMessages();
                  for (int i = 1; i < many; i++) {
                    invalid.isTooMany(0);
                  }
                  return !invalid.isTooMany(tenths * (100 * MILLI));
                }));
  }

  private static int passed(RateLimit rate, long now) {
    int passed = 0;
    while (rate.take(now) == 0) {
      passed++;
    }
    return passed;
  }
}
