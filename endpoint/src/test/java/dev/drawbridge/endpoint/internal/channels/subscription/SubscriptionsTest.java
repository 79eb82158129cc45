package dev.drawbridge.endpoint.internal.channels.subscription;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.internal.channels.FakeConnection;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SubscriptionsTest {
  private static Frame frame(String channel) {
    return new Frame(channel, EncodedMessage.of("x", () -> {}));
  }

  @Test
  void givesEachSubscriberEachFrameOnceWhateverCameAndWent() {
    Random random = new Random(3);
    Subscriptions index = new Subscriptions();
    List<FakeConnection> connections = new ArrayList<>();
    Map<FakeConnection, Set<String>> expected = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      connections.add(new FakeConnection("c" + i, "u" + i % 5));
      expected.put(connections.get(i), new HashSet<>());
    }

    for (int step = 0; step < 20_000; step++) {
      FakeConnection one = connections.get(random.nextInt(connections.size()));
      String channel = "c" + random.nextInt(8);
      Set<String> own = expected.get(one);
      switch (random.nextInt(5)) {
        case 0, 1 -> assertThat(index.add(one, channel, false)).isEqualTo(own.add(channel));
        case 2 -> assertThat(index.remove(one, channel)).isEqualTo(own.remove(channel));
        case 3 -> {
          if (random.nextInt(10) == 0) {
            assertThat(index.removeAll(one)).containsExactlyInAnyOrderElementsOf(own);
            own.clear();
          }
        }
        default -> {
          int sent = index.send(frame(channel), false);
          for (FakeConnection each : connections) {
            int got = expected.get(each).contains(channel) ? 1 : 0;
            assertThat(each.take()).hasSize(got);
            sent -= got;
          }
          assertThat(sent).isZero();
        }
      }
      assertThat(index.count()).isEqualTo(expected.values().stream().mapToInt(Set::size).sum());
      assertThat(Subscriptions.count(one)).isEqualTo(own.size());
      assertThat(index.of(one.subject()))
          .containsExactlyInAnyOrderElementsOf(
              connections.stream()
                  .filter(each -> each.subject().equals(one.subject()))
                  .filter(each -> !expected.get(each).isEmpty())
                  .toList());
    }
  }

  @Test
  void aHundredThousandSubscriptionsAndTheirEndLeaveNothing() {
    Subscriptions index = new Subscriptions();
    List<FakeConnection> connections = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      FakeConnection one = new FakeConnection("c" + i, "u");
      connections.add(one);
      index.add(one, "room:all", false);
      for (int j = 0; j < 4; j++) {
        index.add(one, "room:" + (i + j * 7) % 500, false);
      }
    }
    assertThat(index.count()).isEqualTo(100_000);
    assertThat(index.channels()).isEqualTo(501);

    connections.forEach(index::removeAll);

    assertThat(index.count()).isZero();
    assertThat(index.channels()).isZero();
    assertThat(connections).allMatch(one -> one.held() == null);
  }

  @Test
  void onlyThoseWhoWantItAreToldOfPresence() {
    Subscriptions index = new Subscriptions();
    FakeConnection bob = new FakeConnection("c1", "bob");
    FakeConnection eve = new FakeConnection("c2", "eve");
    index.add(bob, "room:1", true);
    index.add(eve, "room:1", false);
    Frame frame = frame("room:1");

    int first = index.send(frame, true);
    index.add(bob, "room:1", false);
    int second = index.send(frame, true);

    assertThat(first).isEqualTo(1);
    assertThat(bob.take()).hasSize(1);
    assertThat(second).isZero();
  }
}
