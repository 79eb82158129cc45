package dev.drawbridge.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.user.User;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** How often an authorizer is asked. */
class AuthorizerCallsTest {
  private final List<String> asked = new CopyOnWriteArrayList<>();

  /** Answers each action by itself. */
  private class OneByOne implements ChannelAuthorizer {
    @Override
    public Set<String> allowed(User user, ChannelAction action, Set<String> channels) {
      asked.add(action + " " + String.join(" ", channels));
      return action == ChannelAction.PRESENCE ? Set.of("room:1") : Set.of("room:1", "room:2");
    }
  }

  /** Looks once for both. */
  private final class Together extends OneByOne {
    @Override
    public Map<ChannelAction, Set<String>> allowed(
        User user, List<ChannelAction> actions, Set<String> channels) {
      asked.add(actions + " " + String.join(" ", channels));
      return Map.of(
          ChannelAction.SUBSCRIBE,
          Set.of("room:1", "room:2"),
          ChannelAction.PRESENCE,
          // The third may be seen by whoever is in it, and this user may not be.
          Set.of("room:1", "room:3"));
    }
  }

  private TestServer server(ChannelAuthorizer authorizer) {
    return TestServer.setup()
        .endpoint(
            endpoint -> endpoint.channel("room:", rules -> rules.authorize(authorizer).presence()))
        .start();
  }

  private static Frame subscribe(RecordingClient client, boolean presence) {
    return client.request(
        "subscribe",
        Map.of("channels", List.of("room:1", "room:2", "room:3"), "presence", presence));
  }

  @Test
  void presenceIsASecondQuestionOfThoseThatAreAllowed() {
    try (TestServer server = server(new OneByOne());
        RecordingClient alice = server.connect("alice")) {
      subscribe(alice, true);

      assertThat(asked).containsExactly("SUBSCRIBE room:1 room:2 room:3", "PRESENCE room:1 room:2");
      alice.forget();
    }
  }

  @Test
  void whoKnowsBothAtOnceIsAskedOnceForAFrame() {
    try (TestServer server = server(new Together());
        RecordingClient alice = server.connect("alice")) {
      Frame ack = subscribe(alice, true);

      assertThat(asked).containsExactly("[SUBSCRIBE, PRESENCE] room:1 room:2 room:3");
      assertThat(ack.data().path("subscribed").toString()).isEqualTo("[\"room:1\",\"room:2\"]");
      assertThat(alice.expect("presence").channel()).isEqualTo("room:1");
      alice.forget();
    }
  }

  @Test
  void whoWantsOneThingIsAskedForIt() {
    try (TestServer server = server(new Together());
        RecordingClient alice = server.connect("alice")) {
      subscribe(alice, false);

      assertThat(asked).containsExactly("SUBSCRIBE room:1 room:2 room:3");
    }
  }
}
