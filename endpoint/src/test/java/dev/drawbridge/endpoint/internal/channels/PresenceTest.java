package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryLog;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.message.ChannelRequest;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Who is there, on two nodes of one log. */
class PresenceTest {
  private final AtomicLong clock = new AtomicLong(1_000_000);
  private final MemoryLog log = new MemoryLog(1_000, clock::get);
  private final Scene a = node("a");
  private final Scene b = node("b");

  /** Of the steps, by {@link System#nanoTime}. */
  private long now = System.nanoTime();

  private Scene node(String id) {
    Scene.OpenRule rule = new Scene.OpenRule();
    rule.presence = true;
    return new Scene(new MemoryEngine(log), id, Scene.CONFIG, rule);
  }

  private void pass(Duration time) {
    for (long left = time.toMillis(); left > 0; left -= 500) {
      now += Duration.ofMillis(500).toNanos();
      clock.addAndGet(500);
      a.step(now);
      b.step(now);
    }
  }

  private FakeConnection watcher() {
    FakeConnection watcher = new FakeConnection("w", "watcher");
    b.hub.register(
        watcher,
        "w1",
        false,
        List.of(new ChannelRequest.Wanted("room:1", null)),
        true,
        new Scene.Answer());
    pass(Duration.ofSeconds(1));
    watcher.take();
    return watcher;
  }

  private static List<String> data(FakeConnection connection) {
    return connection.take().stream()
        .filter(text -> text.contains("\"presence\""))
        .map(text -> text.replaceAll(".*\"data\":", "").replaceAll("}$", ""))
        .toList();
  }

  @Test
  void comingIsToldAndGoingAfterTheLinger() {
    FakeConnection watcher = watcher();
    FakeConnection bob = new FakeConnection("c1", "bob");

    a.subscribe(bob, "room:1");
    pass(Duration.ofSeconds(1));
    List<String> coming = data(watcher);
    a.end(bob);
    pass(Duration.ofSeconds(7));
    List<String> during = data(watcher);
    pass(Duration.ofSeconds(5));

    assertThat(coming)
        .containsExactly(
            "{\"joined\":[{\"subject\":\"bob\",\"displayName\":\"BOB\"}],\"left\":[],\"count\":2}");
    assertThat(during).isEmpty();
    assertThat(data(watcher)).containsExactly("{\"joined\":[],\"left\":[\"bob\"],\"count\":1}");
  }

  @Test
  void whoComesBackWithinTheLingerHasNotBeenAway() {
    FakeConnection watcher = watcher();
    FakeConnection bob = new FakeConnection("c1", "bob");
    a.subscribe(bob, "room:1");
    pass(Duration.ofSeconds(1));
    data(watcher);

    a.end(bob);
    pass(Duration.ofSeconds(5));
    b.subscribe(new FakeConnection("c2", "bob"), "room:1");
    pass(Duration.ofSeconds(30));

    assertThat(data(watcher)).isEmpty();
    assertThat(b.hub.members("room:1").list())
        .anySatisfy(
            one -> {
              assertThat(one.subject()).isEqualTo("bob");
              assertThat(one.connections()).isEqualTo(1);
            });
  }

  @Test
  void whoUnsubscribesLeavesToo() {
    FakeConnection watcher = watcher();
    FakeConnection bob = new FakeConnection("c1", "bob");
    a.subscribe(bob, "room:1");
    pass(Duration.ofSeconds(1));
    data(watcher);

    a.hub.unsubscribe(bob, "u1", List.of("room:1"), new Scene.Answer());
    pass(Duration.ofSeconds(12));

    assertThat(data(watcher)).hasSize(1);
  }

  @Test
  void aNodeThatSleptPastItsLeaseEntersItsOwnAgain() {
    FakeConnection watcher = watcher();
    FakeConnection bob = new FakeConnection("c1", "bob");
    a.subscribe(bob, "room:1");
    pass(Duration.ofSeconds(1));
    data(watcher);

    for (int i = 0; i < 42; i++) {
      now += Duration.ofMillis(500).toNanos();
      clock.addAndGet(500);
      b.step(now);
    }
    List<String> gone = data(watcher);
    pass(Duration.ofSeconds(7));

    assertThat(gone).containsExactly("{\"joined\":[],\"left\":[\"bob\"],\"count\":1}");
    assertThat(data(watcher))
        .containsExactly(
            "{\"joined\":[{\"subject\":\"bob\",\"displayName\":\"BOB\"}],\"left\":[],\"count\":2}");
  }

  @Test
  void afterALostLogEverybodyIsEnteredAgain() {
    watcher();
    a.subscribe(new FakeConnection("c1", "bob"), "room:1");
    pass(Duration.ofSeconds(1));

    log.restart(ResetReason.LOG_LOST);
    pass(Duration.ofSeconds(2));

    assertThat(a.hub.members("room:1").count()).isEqualTo(2);
  }

  @Test
  void onlyThoseWhoMayAreToldAndAnswered() {
    FakeConnection eve = new FakeConnection("c1", "eve");
    Scene.OpenRule silent =
        new Scene.OpenRule() {
          @Override
          public Set<String> allowed(
              Subscriber subscriber, Action action, Collection<String> channels) throws Exception {
            return action == Action.PRESENCE
                ? Set.of("room:of-others")
                : super.allowed(subscriber, action, channels);
          }
        };
    silent.presence = true;
    Scene scene = new Scene(new MemoryEngine(log), "c", Scene.CONFIG, silent);

    scene.hub.register(
        eve,
        "s1",
        false,
        List.of(new ChannelRequest.Wanted("room:1", null)),
        true,
        new Scene.Answer());
    Scene.Answer list = new Scene.Answer();
    scene.hub.members(eve, "q1", "room:1", list);
    now += Duration.ofSeconds(1).toNanos();
    scene.step(now);
    scene.step(now);

    assertThat(eve.take()).singleElement().asString().contains("\"subscribed\":[\"room:1\"]");
    assertThat(list.code).isEqualTo(ChannelCode.CHANNEL_FORBIDDEN);
  }
}
