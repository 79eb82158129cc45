package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.Scene.Answer;
import dev.drawbridge.endpoint.internal.channels.SteppedEngine.Fate;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.Excess;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong around channels, driven step by step. */
class ChannelFaultsTest {
  private static final JsonMapper JSON = new JsonMapper();

  private final SteppedEngine.Log log = new SteppedEngine.Log();
  private final SteppedEngine engine = new SteppedEngine(log);
  private final Scene node = new Scene(engine, "a");
  private final FakeConnection bob = new FakeConnection("c1", "bob");

  private static void flow(Scene one, SteppedEngine its) {
    for (int i = 0; i < 3; i++) {
      one.step();
      its.tailAll();
    }
    one.step();
  }

  private void open() {
    engine.tailAll();
    node.step();
  }

  private static List<String> data(FakeConnection connection) {
    return connection.take().stream()
        .filter(text -> text.contains("\"chat.message\""))
        .map(text -> text.replaceAll(".*\"data\":", "").replaceAll("}$", ""))
        .toList();
  }

  private static ChannelHub.Published nobody() {
    return new ChannelHub.Published() {
      @Override
      public void at(Position position) {
        // Nobody waits.
      }

      @Override
      public void failed(PublishFailure failure) {
        // Nobody waits.
      }
    };
  }

  /** A node that is not stepped any more has crashed. */
  @Test
  void whatACrashedNodeHasAckedIsReplayedByAnother() {
    SteppedEngine otherEngine = new SteppedEngine(log);
    Scene other = new Scene(otherEngine, "b");
    open();
    otherEngine.tailAll();
    other.step();
    node.subscribe(bob, "room:1");
    flow(node, engine);
    Answer first = node.publish(bob, "room:1", "1", null);
    flow(node, engine);
    assertThat(first.claimed).isTrue();
    // Executed, and the node is gone before it is tailed there.
    Answer second = node.publish(bob, "room:1", "2", null);
    node.hub.appender().work(System.nanoTime());
    assertThat(second.claimed).isFalse();

    FakeConnection again = new FakeConnection("c2", "bob");
    otherEngine.tailAll();
    other.step();
    other.resume(again, new Position(log.epoch(), 0), Set.of("room:1"));
    flow(other, otherEngine);

    assertThat(data(again)).containsExactly("1", "2");
  }

  /** Failover, flush, eviction, a restored backup, another node's new epoch. */
  @ParameterizedTest
  @EnumSource(
      value = ResetReason.class,
      names = {"STARTED"},
      mode = EnumSource.Mode.EXCLUDE)
  void everyLossOfContinuityIsToldOnceWithItsReason(ResetReason reason) {
    open();
    node.subscribe(bob, "room:1");
    node.publish("room:1", "1");
    flow(node, engine);
    bob.take();
    boolean same = reason == ResetReason.TRIMMED;
    String epoch = same ? log.epoch() : "anotherE";

    node.hub.tail().reset(new Head(epoch, 7, 7, "id", System.nanoTime()), reason);
    node.step();

    assertThat(bob.take())
        .containsExactly(
            "{\"type\":\"resume\",\"data\":{\"resumed\":false,\"reason\":\""
                + (same ? "too_old" : "epoch_changed")
                + "\",\"epoch\":\""
                + epoch
                + "\",\"seq\":7,\"spreadMs\":500}}");
    assertThat(node.effects.all).containsExactly("everything");
  }

  @Test
  void rightsThatAreWithdrawnBehindAReplayEndItsChannelAtOnce() {
    open();
    for (int i = 1; i <= 3; i++) {
      node.publish("room:1", "" + i);
    }
    flow(node, engine);
    // Both wait for the tail, in this order.
    node.resume(bob, new Position(log.epoch(), 0), Set.of("room:1"));
    node.hub.orders().unsubscribe("bob", "room:", nobody());
    // The number of bob's orders has changed by now: the authoriser is asked once more.
    node.rule.denied.add("room:1");
    node.publish("room:1", "4");
    flow(node, engine);

    List<String> sent = bob.take();

    assertThat(sent).hasSize(1);
    assertThat(sent.get(0)).contains("\"subscribed\":[]").contains("channel_forbidden");
    assertThat(node.hub.subscriptions()).isZero();
  }

  @Test
  void rightsThatAreWithdrawnAfterTheReplayLeaveItWholeAndEndIt() {
    open();
    for (int i = 1; i <= 3; i++) {
      node.publish("room:1", "" + i);
    }
    flow(node, engine);
    node.resume(bob, new Position(log.epoch(), 0), Set.of("room:1"));
    node.hub.tail().work(System.nanoTime());

    node.hub.orders().unsubscribe("bob", "room:", nobody());
    node.publish("room:1", "4");
    flow(node, engine);

    List<String> sent = bob.take();
    assertThat(sent).hasSize(5);
    assertThat(sent.get(0)).contains("\"resumed\":true").contains("\"replay\":3");
    assertThat(sent.get(3)).endsWith("\"data\":3}");
    assertThat(sent.get(4)).startsWith("{\"type\":\"unsubscribe\",\"channel\":\"room:1\"");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 50})
  void aWindowThatWrapsReplaysWholeOrNotAtAll(int size) {
    SteppedEngine.Log small = new SteppedEngine.Log();
    SteppedEngine its = new SteppedEngine(small);
    Scene one = new Scene(its, "w", Scene.window(size), new Scene.OpenRule());
    its.tailAll();
    one.step();
    int published = 0;
    for (int round = 0; round < 6; round++) {
      for (int i = 0; i < size / 2 + 1; i++) {
        published++;
        one.publish("room:" + published % 3, "" + published);
      }
      flow(one, its);
      for (int from = 0; from <= published; from++) {
        FakeConnection client = new FakeConnection("c" + from, "bob");
        one.resume(client, new Position(small.epoch(), from), Set.of("room:1", "room:2"));
        one.step();

        List<String> got = client.sent.stream().skip(1).toList();
        String ack = client.sent.get(0);
        if (from < published - size) {
          assertThat(ack).contains("\"reason\":\"too_old\"");
          assertThat(got).isEmpty();
        } else {
          assertThat(ack).contains("\"resumed\":true");
          assertThat(data(client))
              .containsExactlyElementsOf(
                  IntStream.rangeClosed(from + 1, published)
                      .filter(number -> number % 3 != 0)
                      .mapToObj(Integer::toString)
                      .toList());
        }
        one.end(client);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "room 1",
        "room:\u0000",
        "room:\n",
        "room:\"}",
        "room:\\",
        "room:\u2028",
        "room:\uD800",
        "room:\uFF11",
        "rооm:1",
        "~~",
        "~bob",
        "~/../room:1",
        ":room",
        "-",
        "__proto__",
        "/room",
        "room:<script>",
        "room:'; DROP TABLE room; --",
        "room:%00",
        "\uFEFFroom:1"
      })
  void aHostileNameIsRefusedAndComesBackAsItWas(String name) throws Exception {
    open();

    Answer answer = node.subscribe(bob, name, "room:1");
    flow(node, engine);

    assertThat(answer.done).isTrue();
    JsonNode ack = JSON.readTree(bob.take().get(0)).path("data");
    assertThat(ack.path("subscribed").toString()).isEqualTo("[\"room:1\"]");
    assertThat(ack.path("refused")).hasSize(1);
    if (!name.contains("\uD800")) {
      assertThat(ack.path("refused").get(0).path("channel").asText()).isEqualTo(name);
    }
    assertThat(ack.path("refused").get(0).path("code").asText())
        .isIn("channel_invalid", "channel_unknown");
    assertThat(node.rule.asked).containsExactly("SUBSCRIBE room:1");
    assertThat(node.hub.subscriptions()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"toString", "proto__", "constructor", "room", "rooms:1", "Room:1"})
  void aNameWithoutARuleIsUnknownWhateverItMeansElsewhere(String name) {
    open();

    node.subscribe(bob, name);
    flow(node, engine);

    assertThat(bob.take().get(0)).contains("\"code\":\"channel_unknown\"");
    assertThat(node.rule.asked).isEmpty();
  }

  /** What an application may have written. */
  private static final class OddRule extends Scene.OpenRule {
    private final String kind;

    private OddRule(String kind) {
      this.kind = kind;
    }

    @Override
    @SuppressWarnings("NullAway")
    public Set<String> allowed(Subscriber subscriber, Action action, Collection<String> channels)
        throws Exception {
      return switch (kind) {
        case "null" -> null;
        case "throws" -> throw new IllegalStateException("out of order");
        case "checked" -> throw new EngineException(EngineException.Outcome.UNKNOWN, "no answer");
        case "error" -> throw new StackOverflowError();
        case "others" -> Set.of("room:2", "~", "", "anything");
        case "changes" -> {
          channels.clear();
          yield Set.of("room:1");
        }
        default -> Set.of();
      };
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "throws", "checked", "error", "others", "changes", "nothing"})
  void anAuthoriserThatIsOddGivesNothingAndStopsNobody(String kind) {
    SteppedEngine.Log its = new SteppedEngine.Log();
    SteppedEngine its2 = new SteppedEngine(its);
    Scene odd = new Scene(its2, "o", Scene.CONFIG, new OddRule(kind));
    its2.tailAll();
    odd.step();

    Answer answer = odd.subscribe(bob, "room:1");
    Answer own = odd.subscribe(new FakeConnection("c2", "eve"), "~");
    flow(odd, its2);

    assertThat(answer.done || answer.claimed).isTrue();
    assertThat(own.claimed).isTrue();
    assertThat(odd.hub.subscriptions()).isEqualTo(1);
    odd.publish("room:1", "1");
    flow(odd, its2);
    assertThat(data(bob)).isEmpty();
  }

  @Test
  void anEngineThatIsAwayDoesNotKeepSubscribersFromWhatIsKnown() {
    open();
    node.publish("room:1", "1");
    flow(node, engine);
    engine.fates.add(Fate.NOT_SENT);
    Answer publish = node.publish(bob, "room:1", "2", null);
    node.step();

    node.resume(bob, new Position(log.epoch(), 0), Set.of("room:1"));
    node.step();
    node.hub.appender().expire(System.nanoTime() + TimeUnit.SECONDS.toNanos(3));

    assertThat(data(bob)).containsExactly("1");
    assertThat(publish.code).isEqualTo(ChannelCode.ENGINE_UNAVAILABLE);
  }

  @Test
  void aHundredThousandSubscriptionsOfMembersAndTheirEndLeaveNothing() throws Exception {
    AtomicLong clock = new AtomicLong(1_000_000);
    MemoryLog memory = new MemoryLog(0, clock::get);
    MemoryEngine its = new MemoryEngine(memory);
    Scene.OpenRule rule = new Scene.OpenRule();
    rule.presence = true;
    Scene big = new Scene(its, "big", Scene.CONFIG, rule);
    long now = System.nanoTime();
    big.step(now);
    List<FakeConnection> connections = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      FakeConnection one = new FakeConnection("c" + i, "u" + i % 400);
      connections.add(one);
      int first = i;
      big.subscribe(
          one,
          IntStream.range(0, 100)
              .mapToObj(number -> "room:" + (first * 7 + number) % 500)
              .toArray(String[]::new));
    }
    now = pass(big, clock, now, Duration.ofSeconds(1));
    assertThat(big.hub.subscriptions()).isEqualTo(100_000);
    assertThat(its.roster().members(Member.CHANNEL + "room:0", 10).count()).isPositive();

    connections.forEach(big::end);
    big.step(now);
    // The linger began by the real clock.
    now = System.nanoTime();
    pass(big, clock, now + Scene.CONFIG.presenceLinger().toNanos(), Duration.ofSeconds(2));

    assertThat(big.hub.subscriptions()).isZero();
    assertThat(connections).allMatch(one -> one.held() == null);
    assertThat(big.hub.presence().members()).isZero();
    assertThat(big.hub.presence().connections()).isZero();
    for (int room = 0; room < 500; room++) {
      assertThat(its.roster().members(Member.CHANNEL + "room:" + room, 10).count()).isZero();
    }
  }

  private static long pass(Scene one, AtomicLong clock, long from, Duration time) {
    long now = from;
    for (long left = time.toMillis(); left > 0; left -= 500) {
      now += Duration.ofMillis(500).toNanos();
      clock.addAndGet(500);
      one.step(now);
    }
    return now;
  }

  @Test
  void aConnectionThatNeverAskedForAChannelIsNobodysBusiness() {
    open();

    assertThatCode(
            () -> {
              node.hub.ping(bob);
              node.hub.rolesChanged(bob);
              node.end(bob);
            })
        .doesNotThrowAnyException();
    node.step();

    assertThat(bob.take()).containsExactly("{\"type\":\"ping\",\"data\":{\"t\":1}}");
    assertThat(node.rule.asked).isEmpty();
  }

  /** One thread has ended the connection while another looks at its first frame. */
  @Test
  void whoEndsWhileItAsksForTheFirstTimeIsNotSubscribed() {
    open();
    node.rule.onAsk = () -> node.end(bob);

    node.subscribe(bob, "room:1");
    flow(node, engine);

    assertThat(node.hub.subscriptions()).isZero();
    assertThat(bob.held()).isNull();
  }

  @Test
  void anEntryThatCannotBeTakenIsAToldGapAndNumbersStayRight() {
    open();
    node.subscribe(bob, "room:1");
    flow(node, engine);
    bob.take();
    node.onEncode =
        text -> {
          if (text.contains("\"poison\"")) {
            throw new IllegalStateException("cannot be written");
          }
        };
    Answer poison = node.publish(bob, "room:1", "\"poison\"", null);
    flow(node, engine);
    List<String> told = bob.take();
    for (int i = 1; i <= 3; i++) {
      node.publish("room:1", "" + i);
    }
    flow(node, engine);

    FakeConnection again = new FakeConnection("c2", "bob");
    node.resume(again, new Position(log.epoch(), 2), Set.of("room:1"));
    FakeConnection older = new FakeConnection("c3", "bob");
    node.resume(older, new Position(log.epoch(), 0), Set.of("room:1"));
    flow(node, engine);

    assertThat(told).hasSize(1);
    assertThat(told.get(0)).contains("\"resumed\":false").contains("too_old");
    assertThat(poison.code).isEqualTo(ChannelCode.PUBLISH_UNKNOWN);
    assertThat(data(bob)).containsExactly("1", "2", "3");
    assertThat(data(again)).containsExactly("2", "3");
    assertThat(older.sent.get(0)).contains("too_old");
  }

  @Test
  void anEntryThatCannotBeTakenWhileTheWindowFillsLeavesTheRest() {
    open();
    for (String one : List.of("1", "\"poison\"", "3")) {
      node.publish("room:1", one);
    }
    flow(node, engine);
    SteppedEngine itsEngine = new SteppedEngine(log);
    Scene other = new Scene(itsEngine, "b");
    other.onEncode =
        text -> {
          if (text.contains("\"poison\"")) {
            throw new IllegalStateException("cannot be written");
          }
        };

    flow(other, itsEngine);
    other.resume(bob, new Position(log.epoch(), 2), Set.of("room:1"));
    flow(other, itsEngine);

    assertThat(data(bob)).containsExactly("3");
  }

  @Test
  void aSubscriberThatCannotBeSentToIsEndedAlone() {
    open();
    FakeConnection eve = new FakeConnection("c2", "eve");
    FakeConnection joe = new FakeConnection("c3", "joe");
    node.subscribe(bob, "room:1");
    node.subscribe(eve, "room:1");
    node.subscribe(joe, "room:1");
    flow(node, engine);
    eve.broken = true;

    node.publish("room:1", "1");
    flow(node, engine);

    assertThat(eve.open).isFalse();
    assertThat(data(bob)).containsExactly("1");
    assertThat(data(joe)).containsExactly("1");
    assertThat(bob.open && joe.open).isTrue();
  }

  @Test
  void whatCannotBeHeldDoesNotCountAgainstTheLimit() {
    open();
    String[] names =
        IntStream.range(0, 300)
            .mapToObj(i -> i < 100 ? "room:" + i : i < 200 ? "nothing:" + i : "no name " + i)
            .toArray(String[]::new);

    Answer first = node.subscribe(bob, names);
    flow(node, engine);
    node.rule.denied.add("room:denied");
    names[299] = "room:denied";
    Answer again = node.subscribe(bob, names);
    flow(node, engine);
    Answer over = node.subscribe(bob, "room:0", "room:over", "~");
    flow(node, engine);

    assertThat(first.code).isNull();
    assertThat(again.code).isNull();
    assertThat(node.hub.subscriptions()).isEqualTo(100);
    assertThat(over.code).isEqualTo(ChannelCode.TOO_MANY_CHANNELS);
    assertThat(over.excess).isEqualTo(new Excess(100, 102));
  }

  @Test
  void moreThanTheLimitAtOnceReachesNoAuthorizer() {
    open();

    Answer answer =
        node.subscribe(
            bob, IntStream.range(0, 101).mapToObj(i -> "room:" + i).toArray(String[]::new));
    flow(node, engine);

    assertThat(answer.code).isEqualTo(ChannelCode.TOO_MANY_CHANNELS);
    assertThat(answer.excess).isEqualTo(new Excess(100, 101));
    assertThat(node.rule.asked).isEmpty();
  }
}
