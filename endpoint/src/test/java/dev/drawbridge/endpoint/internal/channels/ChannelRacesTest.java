package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.Scene.Answer;
import dev.drawbridge.endpoint.internal.channels.SteppedEngine.Fate;
import dev.drawbridge.endpoint.internal.channels.log.Appender;
import dev.drawbridge.endpoint.internal.channels.log.Control;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelFrames;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each race of the protocol's page, driven step by step. */
class ChannelRacesTest {
  private final SteppedEngine.Log log = new SteppedEngine.Log();
  private final SteppedEngine engine = new SteppedEngine(log);
  private final Scene node = new Scene(engine, "a");
  private final FakeConnection bob = new FakeConnection("c1", "bob");
  private final TestClient client = new TestClient();

  private void open() {
    engine.tailAll();
    node.step();
  }

  private void flow() {
    for (int i = 0; i < 3; i++) {
      node.step();
      engine.tailAll();
    }
    node.step();
  }

  private static long late() {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
  }

  @Test
  void nothingLiesBetweenThePositionAndTheSubscription() {
    open();
    node.publish("room:1", "1");
    flow();
    node.subscribe(bob, "room:1");
    node.publish("room:1", "2");
    flow();

    client.take(bob.take());

    assertThat(client.handled).extracting(TestClient.Handled::data).containsExactly("2");
    assertThat(client.stated.get("room:1").seq()).isEqualTo(1);
  }

  @Test
  void theAckComesBeforeEveryFrameOfTheChannel() {
    open();
    node.subscribe(bob, "room:1");
    node.publish("room:1", "1");
    flow();

    List<String> sent = bob.take();

    assertThat(sent.get(0)).startsWith("{\"type\":\"ack\"").contains("\"seq\":0");
    assertThat(sent.get(1))
        .isEqualTo("{\"type\":\"chat.message\",\"channel\":\"room:1\",\"seq\":1,\"data\":1}");
  }

  @Test
  void subscribersWaitUntilTheLogIsOpen() {
    Answer answer = node.subscribe(bob, "room:1");
    node.step();
    assertThat(bob.take()).isEmpty();

    open();

    assertThat(bob.take()).hasSize(1);
    assertThat(answer.claimed).isTrue();
  }

  @Test
  void anEngineThatIsNeverReachedIsUnavailable() {
    Answer answer = node.subscribe(bob, "room:1");
    node.step();

    node.hub.log().tick(late());

    assertThat(answer.code).isEqualTo(ChannelCode.ENGINE_UNAVAILABLE);
    assertThat(bob.take()).isEmpty();
  }

  @Test
  void aNodeThatLagsLetsAResumeWait() {
    open();
    Position ahead = new Position(log.epoch(), 2);
    node.resume(bob, ahead, Set.of("room:1"));
    node.step();
    assertThat(bob.take()).isEmpty();

    log.add(message("room:1", "1"));
    log.add(message("room:1", "2"));
    log.add(message("room:1", "3"));
    flow();

    List<String> sent = bob.take();
    assertThat(sent.get(0)).contains("\"resumed\":true").contains("\"replay\":0");
    assertThat(sent.get(1)).contains("\"seq\":3");
  }

  @Test
  void aNodeThatLagsForTooLongSaysSo() {
    open();
    node.resume(bob, new Position(log.epoch(), 7), Set.of("room:1"));
    node.step();

    node.hub.log().tick(late());

    assertThat(bob.take())
        .singleElement()
        .asString()
        .contains("\"resumed\":false", "\"reason\":\"node_behind\"", "\"resync\":[\"room:1\"]")
        .contains("\"seq\":0");
  }

  @Test
  void aResumeAtANodeThatIsStillInTheOldEpochWaitsForOneLookAtTheHead() {
    open();
    client.take(
        "{\"type\":\"ack\",\"id\":\"x\",\"data\":{\"epoch\":\"epoch002\",\"seq\":0,"
            + "\"subscribed\":[\"room:1\"],\"replay\":0}}");
    client.broken();
    log.loseEverything();
    node.resume(bob, new Position("epoch002", 0), Set.of("room:1"));
    node.step();
    assertThat(bob.take()).as("an answer from the dead epoch").isEmpty();

    log.add(message("room:1", "1"));
    flow();

    client.take(bob.take());
    assertThat(client.resyncs).isEmpty();
    assertThat(client.handled).extracting(TestClient.Handled::data).containsExactly("1");
  }

  @Test
  void anotherEpochIsTold() {
    open();
    node.resume(bob, new Position("deadbeef", 5), Set.of("room:1"));
    node.step();
    // Not before the head was read after the question.
    assertThat(bob.take()).isEmpty();

    engine.tail();
    node.hub.log().tick(System.nanoTime());

    assertThat(bob.take())
        .singleElement()
        .asString()
        .contains("\"reason\":\"epoch_changed\"", "\"seq\":0", "\"resync\":[\"room:1\"]");
  }

  @Test
  void aBreakDuringAReplayTwiceLosesNothing() {
    open();
    FakeConnection first = bob;
    node.subscribe(first, "room:1", "room:2");
    flow();
    client.take(first.take());
    node.end(first);
    client.broken();
    for (int i = 1; i <= 4; i++) {
      node.publish(i % 2 == 0 ? "room:2" : "room:1", String.valueOf(i));
    }
    flow();

    FakeConnection second = new FakeConnection("c2", "bob");
    node.resume(second, client.resumeFrom(), client.channels);
    flow();
    // The ack and one frame of the replay arrive.
    client.take(second.take().subList(0, 2));
    node.end(second);
    client.broken();
    FakeConnection third = new FakeConnection("c3", "bob");
    node.resume(third, client.resumeFrom(), client.channels);
    flow();
    client.take(third.take().subList(0, 3));
    node.end(third);
    client.broken();
    FakeConnection fourth = new FakeConnection("c4", "bob");
    node.resume(fourth, client.resumeFrom(), client.channels);
    flow();
    client.take(fourth.take());

    assertThat(client.handled)
        .extracting(TestClient.Handled::data)
        .containsExactly("1", "2", "3", "4");
    assertThat(client.resyncs).isEmpty();
  }

  @Test
  void aPingBeforeTheAckOfAResumeTellsNoPosition() {
    open();
    node.publish("room:1", "1");
    flow();

    node.hub.ping(bob);
    flow();

    assertThat(bob.take()).containsExactly("{\"type\":\"ping\",\"data\":{\"t\":1}}");
  }

  @Test
  void aPingTellsAPositionBelowWhichNothingFollows() {
    open();
    node.subscribe(bob, "room:1");
    node.publish("room:9", "elsewhere");
    node.publish("room:1", "2");
    flow();
    node.hub.ping(bob);
    flow();

    client.take(bob.take());

    assertThat(client.cursor().seq()).isEqualTo(2);
    assertThat(client.handled).hasSize(1);
  }

  @Test
  void anAnswerThatIsLostIsSettledByTheTail() {
    open();
    engine.fates.add(Fate.ANSWER_LOST);
    Answer answer = node.publish(bob, "room:1", "1", null);
    flow();

    assertThat(answer.code).isNull();
    assertThat(bob.take())
        .singleElement()
        .asString()
        .contains("\"epoch\":\"epoch001\"", "\"seq\":1");
    assertThat(log.top()).isEqualTo(1);
  }

  @Test
  void aCallThatIsLostIsMadeAgainAndItsLateExecutionDoesNothing() throws Exception {
    open();
    engine.fates.add(Fate.LATE);
    node.publish(bob, "room:1", "1", null);
    flow();
    assertThat(log.top()).isZero();

    node.hub.appender().work(late() - TimeUnit.SECONDS.toNanos(2));
    flow();
    log.executeLate();
    flow();

    assertThat(log.top()).isEqualTo(1);
    assertThat(bob.take()).hasSize(1);
  }

  @Test
  void whatIsGivenUpAndNeverSentIsCertainlyNotInTheLog() {
    open();
    engine.fates.add(Fate.LATE);
    Answer first = node.publish(bob, "room:1", "1", null);
    node.step();
    Answer second = node.publish(bob, "room:1", "2", null);
    node.step();

    node.hub.appender().expire(late());
    log.executeLate();
    flow();

    assertThat(first.code).isEqualTo(ChannelCode.PUBLISH_UNKNOWN);
    assertThat(second.code).isEqualTo(ChannelCode.ENGINE_UNAVAILABLE);
    assertThat(log.top()).isEqualTo(1);
    assertThat(log.get(1).text()).contains("\"data\":1");
  }

  @Test
  void whatWasRefusedOnlyIsCertainlyNotInTheLog() {
    open();
    engine.fates.add(Fate.NOT_SENT);
    Answer answer = node.publish(bob, "room:1", "1", null);
    node.step();

    node.hub.appender().expire(late());
    flow();

    assertThat(answer.code).isEqualTo(ChannelCode.ENGINE_UNAVAILABLE);
    assertThat(log.top()).isZero();
  }

  @Test
  void aLateExecutionAfterTheNextBatchDoesNothing() {
    open();
    engine.fates.add(Fate.LATE);
    node.publish(bob, "room:1", "1", null);
    node.step();
    node.hub.appender().expire(late());
    node.publish(bob, "room:1", "2", null);
    flow();

    log.executeLate();
    flow();

    assertThat(log.top()).isEqualTo(1);
    assertThat(log.get(1).text()).contains("\"data\":2");
  }

  @Test
  void aLostLogIsToldOnceAndPublishesInFlightAreUnknown() {
    open();
    node.subscribe(bob, "room:1", "~");
    flow();
    client.take(bob.take());
    engine.fates.add(Fate.LATE);
    Answer inFlight = node.publish(bob, "room:1", "1", null);
    node.step();
    Answer waits = node.publish(bob, "room:1", "2", null);

    log.loseEverything();
    flow();
    log.executeLate();
    flow();

    List<String> sent = bob.take();
    client.take(sent);
    assertThat(sent.get(0))
        .isEqualTo(
            "{\"type\":\"resume\",\"data\":{\"resumed\":false,\"reason\":\"epoch_changed\","
                + "\"epoch\":\"epoch002\",\"seq\":0,\"spreadMs\":500}}");
    assertThat(client.resyncs.get("room:1")).containsExactly("epoch_changed");
    assertThat(client.resyncs.get("~")).containsExactly("epoch_changed");
    assertThat(inFlight.code).isEqualTo(ChannelCode.PUBLISH_UNKNOWN);
    assertThat(waits.code).isEqualTo(ChannelCode.ENGINE_UNAVAILABLE);
    assertThat(log.top()).as("nothing of the old epoch").isZero();
    assertThat(node.effects.all).containsExactly("everything");
  }

  @Test
  void aResetFillsTheWindowAndGoesOnAtTheTop() {
    open();
    node.subscribe(bob, "room:1");
    flow();
    client.take(bob.take());

    log.loseEverything();
    log.add(message("room:1", "1"));
    log.add(message("room:1", "2"));
    flow();
    log.add(message("room:1", "3"));
    flow();
    client.take(bob.take());
    FakeConnection other = new FakeConnection("c2", "bob");
    node.resume(other, new Position(log.epoch(), 0), Set.of("room:1"));
    flow();

    assertThat(client.handled).extracting(TestClient.Handled::data).containsExactly("3");
    assertThat(other.take()).hasSize(4).first().asString().contains("\"resumed\":true");
  }

  @Test
  void whoSubscribesWhileTheWindowIsFilledMissesNothing() {
    log.add(message("room:1", "1"));
    engine.tail();
    node.subscribe(bob, "room:1");
    node.step();
    flow();
    log.add(message("room:1", "2"));
    flow();

    client.take(bob.take());

    assertThat(client.stated.get("room:1").seq()).isEqualTo(1);
    assertThat(client.handled).extracting(TestClient.Handled::data).containsExactly("2");
  }

  @Test
  void aNodeThatWasTrimmedPastKeepsTheEpochAndTellsItsOwnClients() {
    open();
    node.subscribe(bob, "room:1");
    flow();
    bob.take();
    log.add(message("room:1", "1"));
    log.add(message("room:1", "2"));
    log.trimTo(1);

    flow();

    assertThat(bob.take())
        .singleElement()
        .asString()
        .contains("\"reason\":\"too_old\"", "\"epoch\":\"epoch001\"", "\"seq\":2");
  }

  @Test
  void aPositionBeforeTheWindowIsTooOld() {
    Scene small = new Scene(new SteppedEngine(log), "b", Scene.window(2), new Scene.OpenRule());
    SteppedEngine of = new SteppedEngine(log);
    Scene scene = new Scene(of, "c", Scene.window(2), new Scene.OpenRule());
    for (int i = 1; i <= 4; i++) {
      log.add(message("room:1", String.valueOf(i)));
    }
    of.tailAll();
    scene.step();

    scene.resume(bob, new Position(log.epoch(), 1), Set.of("room:1"));
    FakeConnection inside = new FakeConnection("c2", "bob");
    scene.resume(inside, new Position(log.epoch(), 2), Set.of("room:1"));
    scene.step();

    assertThat(bob.take().get(0)).contains("\"reason\":\"too_old\"", "\"replay\":0");
    assertThat(inside.take()).hasSize(3);
    assertThat(small.hub.position()).isNull();
  }

  @Test
  void aSlowConsumerGetsNoReplayThatItHasNoRoomFor() {
    open();
    for (int i = 1; i <= 5; i++) {
      log.add(message("room:1", String.valueOf(i)));
    }
    flow();
    bob.room = 5;

    node.resume(bob, new Position(log.epoch(), 0), Set.of("room:1"));
    flow();

    assertThat(bob.take())
        .singleElement()
        .asString()
        .contains("\"reason\":\"too_many\"", "\"seq\":5", "\"replay\":0");
  }

  @Test
  void moreThanTheReplayHoldsIsToldAsOne() {
    open();
    for (int i = 1; i <= 257; i++) {
      log.add(message("room:1", String.valueOf(i)));
    }
    flow();
    FakeConnection exact = new FakeConnection("c2", "bob");

    node.resume(bob, new Position(log.epoch(), 0), Set.of("room:1"));
    node.resume(exact, new Position(log.epoch(), 1), Set.of("room:1"));
    flow();

    assertThat(bob.take()).hasSize(1);
    assertThat(exact.take()).hasSize(257);
  }

  @Test
  void aReplayOfTooManyBytesIsToldAsTooMany() {
    open();
    String large = '"' + "x".repeat(60_000) + '"';
    for (int i = 1; i <= 9; i++) {
      log.add(message("room:1", large));
    }
    flow();

    node.resume(bob, new Position(log.epoch(), 0), Set.of("room:1"));
    flow();

    assertThat(bob.take()).singleElement().asString().contains("\"reason\":\"too_many\"");
  }

  @Test
  void theMissedOfSeveralChannelsComeInTheOrderOfTheLog() {
    open();
    for (int i = 1; i <= 6; i++) {
      log.add(message("room:" + i % 3, String.valueOf(i)));
    }
    flow();

    node.resume(bob, new Position(log.epoch(), 1), Set.of("room:2", "room:0"));
    flow();

    assertThat(bob.take().stream().skip(1).map(text -> text.replaceAll(".*seq\":(\\d+).*", "$1")))
        .containsExactly("2", "3", "5", "6");
  }

  @Test
  void rightsThatAreTakenWhileTheAuthoriserAnswersCount() {
    open();
    Scene.OpenRule rule =
        new Scene.OpenRule() {
          private boolean first = true;

          @Override
          public Set<String> allowed(
              Subscriber subscriber, Action action, Collection<String> channels) throws Exception {
            Set<String> granted = super.allowed(subscriber, action, channels);
            if (first) {
              first = false;
              denied.add("room:1");
              control("unsubscribe", "{\"subject\":\"bob\",\"detail\":\"room:\"}");
            }
            return granted;
          }
        };
    SteppedEngine of = new SteppedEngine(log);
    Scene scene = new Scene(of, "z", Scene.CONFIG, rule);
    of.tailAll();
    scene.step();

    scene.subscribe(bob, "room:1");
    of.tailAll();
    scene.step();
    scene.step();

    assertThat(rule.asked).hasSize(1);
    // The entry was tailed after the registration: it ends what it finds.
    assertThat(bob.take()).hasSize(2).last().asString().contains("\"type\":\"unsubscribe\"");
    assertThat(scene.hub.subscriptions()).isZero();
  }

  @Test
  void anAnswerOfTheAuthoriserFromBeforeAControlEntryIsAskedForAgain() {
    SteppedEngine of = new SteppedEngine(log);
    Scene.OpenRule rule =
        new Scene.OpenRule() {
          @Override
          public Set<String> allowed(
              Subscriber subscriber, Action action, Collection<String> channels) throws Exception {
            Set<String> granted = super.allowed(subscriber, action, channels);
            if (asked.size() == 1) {
              denied.add("room:1");
              control("unsubscribe", "{\"subject\":\"bob\",\"detail\":\"room:\"}");
              // The tail has it before this answer.
              of.tail();
            }
            return granted;
          }
        };
    Scene scene = new Scene(of, "z", Scene.CONFIG, rule);
    of.tailAll();
    scene.step();

    Answer answer = scene.subscribe(bob, "room:1");
    scene.step();
    scene.step();

    assertThat(bob.take())
        .singleElement()
        .asString()
        .contains("\"refused\":[{\"channel\":\"room:1\",\"code\":\"channel_forbidden\"}]");
    assertThat(answer.claimed).isTrue();
    assertThat(rule.asked).hasSize(2);
  }

  @Test
  void aResetCountsAsAControlEntryForEverybody() {
    open();
    log.loseEverything();
    // The tail learns of it after the question and before the answer's registration.
    Scene.OpenRule rule = node.rule;
    node.rule.onAsk =
        () -> {
          engine.tail();
          rule.denied.add("room:1");
        };
    node.subscribe(bob, "room:1");
    flow();

    assertThat(bob.take().get(0)).contains("channel_forbidden");
    assertThat(rule.asked).hasSize(2);
  }

  @Test
  void rightsThatWereLostWithTheLogAreAskedForAgain() {
    open();
    node.subscribe(bob, "room:1", "room:2");
    flow();
    bob.take();
    node.rule.denied.add("room:2");

    log.loseEverything();
    flow();

    assertThat(bob.take()).hasSize(2).last().asString().contains("\"channel\":\"room:2\"");
    assertThat(node.hub.subscriptions()).isEqualTo(1);
  }

  @Test
  void controlEntriesAreAppendedInTheNewEpoch() {
    open();
    engine.fates.add(Fate.NOT_SENT);
    node.hub.orders().unsubscribe("eve", "room:", nobody());
    node.step();

    log.loseEverything();
    flow();

    assertThat(log.top()).isEqualTo(1);
    assertThat(log.get(1).kind()).isEqualTo(Entry.Kind.CONTROL);
    assertThat(log.get(1).epoch()).isEqualTo("epoch002");
  }

  @Test
  void tooManyControlEntriesBecomeOneThatStandsForAll() {
    open();
    engine.fates.add(Fate.NOT_SENT);
    node.hub.orders().unsubscribe("eve", "room:", nobody());
    node.step();
    for (int i = 0; i <= Appender.MAX_CONTROLS; i++) {
      node.hub.orders().unsubscribe("u" + i, "room:", nobody());
    }

    node.hub.appender().work(late());
    flow();

    assertThat(log.top()).isEqualTo(2);
    assertThat(log.get(2).type()).isEqualTo("everything");
  }

  @Test
  void disconnectIsDoneByEachNodeOnce() {
    open();
    SteppedEngine of = new SteppedEngine(log);
    Scene other = new Scene(of, "b");
    of.tailAll();
    other.step();

    other.hub.orders().disconnect("bob", CloseCode.USER_DISABLED.name(), nobody());
    other.step();
    of.tailAll();
    other.step();
    flow();

    assertThat(other.effects.all).containsExactly("disconnect bob FORBIDDEN");
    assertThat(node.effects.all).containsExactly("disconnect bob FORBIDDEN");
  }

  @Test
  void nothingOfAChannelFollowsTheAckOfItsUnsubscribe() {
    open();
    node.subscribe(bob, "room:1");
    flow();
    node.publish("room:1", "1");
    node.hub.unsubscribe(bob, "u1", List.of("room:1", "room:9"), new Answer());
    node.publish("room:1", "2");
    flow();

    assertThat(bob.take()).last().isEqualTo("{\"type\":\"ack\",\"id\":\"u1\"}");
  }

  @Test
  void theAckOfAPublishIsNotAPositionOfItsClient() {
    open();
    node.subscribe(bob, "room:1");
    flow();
    node.publish(bob, "room:1", "1", null);
    flow();

    client.take(bob.take());

    assertThat(client.handled).hasSize(1);
    assertThat(client.acks).hasSize(2);
  }

  @Test
  void aRepeatedKeyIsAnsweredWithTheFirstAndDeliveredToNobody() {
    open();
    node.subscribe(bob, "room:1");
    flow();
    bob.take();
    node.publish(bob, "room:1", "1", "k");
    flow();
    node.publish(bob, "room:1", "2", "k");
    flow();
    FakeConnection eve = new FakeConnection("c2", "eve");
    node.publish(eve, "room:1", "3", "k");
    flow();

    List<String> sent = bob.take();
    assertThat(sent).filteredOn(text -> text.contains("chat.message")).hasSize(2);
    assertThat(sent).anyMatch(text -> text.contains("\"seq\":1,\"duplicate\":true"));
    assertThat(eve.take()).singleElement().asString().doesNotContain("duplicate");
  }

  @Test
  void entriesOfALaterVersionAreSkippedAndCounted() {
    open();
    node.subscribe(bob, "room:1");
    flow();
    bob.take();
    log.add(
        new Entry(2, "", 0, "x", 1, 0, Entry.Kind.UNKNOWN, "room:1", "chat.message", "?", null, 0));
    log.add(message("room:1", "2"));
    flow();

    assertThat(bob.take()).singleElement().asString().contains("\"seq\":2");
    assertThat(node.hub.figures().skipped.sum()).isEqualTo(1);
  }

  @Test
  void aConnectionThatHasEndedIsNotSubscribed() {
    open();
    node.subscribe(bob, "room:1");
    node.end(bob);
    flow();

    assertThat(node.hub.subscriptions()).isZero();
    assertThat(bob.take()).isEmpty();
  }

  @Test
  void publishesOfOneConnectionKeepTheirOrder() {
    open();
    engine.fates.add(Fate.CALL_LOST);
    for (int i = 0; i < 600; i++) {
      node.publish(bob, "room:1", String.valueOf(i), null);
    }
    node.step();
    node.hub.appender().work(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
    for (int i = 0; i < 5; i++) {
      flow();
    }

    assertThat(log.top()).isEqualTo(600);
    for (int i = 0; i < 600; i++) {
      assertThat(log.get(i + 1).text()).endsWith("\"data\":" + i + "}");
    }
    assertThat(engine.appends).allMatch(batch -> batch.size() <= 256);
  }

  @Test
  void aFullQueueRefusesAtOnce() {
    Answer last = null;
    for (int i = 0; i <= Scene.CONFIG.publishQueue(); i++) {
      last = node.publish(bob, "room:1", "1", null);
    }

    assertThat(last.code).isEqualTo(ChannelCode.PUBLISH_QUEUE_FULL);
    assertThat(last.code.word()).isEqualTo("engine_unavailable");
    assertThat(node.hub.appender().pending()).isEqualTo(1000);
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

  private void control(String word, String json) {
    log.add(new Entry(1, "", 0, "other", 1, 0, Entry.Kind.CONTROL, "", word, json, null, 0));
  }

  private static Entry message(String channel, String data) {
    return Entry.message(
        channel, "chat.message", ChannelFrames.message(channel, "chat.message", null, data), null);
  }

  @Test
  void keysOfDifferentUsersChannelsAndClientsAreDifferentHoweverTheyAreWritten() {
    open();
    FakeConnection first = new FakeConnection("c2", "a");
    FakeConnection second = new FakeConnection("c3", "a:room");

    Answer one = node.publish(first, "room:b:c", "1", "k");
    Answer two = node.publish(second, "b:c", "2", "k");
    Answer three = node.publish(first, "room:b", "3", "c:k");
    Answer same = node.publish(first, "room:b:c", "4", "k");
    flow();

    assertThat(List.of(one.claimed, two.claimed, three.claimed, same.claimed)).containsOnly(true);
    assertThat(first.sent.toString() + second.sent).containsOnlyOnce("duplicate");
    assertThat(log.get(4).repeat()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "replaced, 1",
    "revoke, 1",
    "of-a-later-version, 1",
    "unsubscribe, 2",
    "disconnect, 2",
    "invalidate, 2",
    "everything, 2"
  })
  void onlyWhatMayTakeRightsAwayMakesAnAnswerOutOfDate(String word, int asked) {
    open();
    node.rule.onAsk =
        () -> {
          log.add(
              new Control(word, word.equals("everything") ? null : "bob", "other:")
                  .draft()
                  .from(new Position(log.epoch(), 0), "b", 1));
          engine.tailAll();
        };

    node.subscribe(bob, "room:1");
    flow();

    assertThat(node.rule.asked).hasSize(asked);
    assertThat(node.hub.subscriptions()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"~", "~bob"})
  void aUsersOwnChannelIsNoChannelWithoutARule(String name) {
    open();

    node.hub.members(bob, "q1", name, new Answer());
    node.subscribe(bob, name);
    flow();

    assertThat(node.hub.figures().withoutRule(Long.MAX_VALUE)).isEmpty();
  }
}
