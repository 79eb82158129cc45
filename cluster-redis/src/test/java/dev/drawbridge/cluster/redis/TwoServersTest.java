package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.TwoServersContract;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import org.junit.jupiter.api.Test;

/** Two servers and one Redis: what crosses, and what stands when the link or Redis does not. */
class TwoServersTest extends TwoServersContract {
  private RedisProcess redis;
  private Link link;

  @Override
  protected void open() throws Exception {
    redis = RedisProcess.start();
    link = new Link(redis.port());
    a = RedisNodes.start("redis://127.0.0.1:" + redis.port());
    b = RedisNodes.start("redis://127.0.0.1:" + link.port());
  }

  @Override
  protected void end() throws Exception {
    for (AutoCloseable one : new AutoCloseable[] {link, redis}) {
      if (one != null) {
        one.close();
      }
    }
  }

  @Override
  protected void away(boolean is) {
    link.away(is);
  }

  @Test
  void aRedisThatHasDiedIsOneResyncForEverybody() throws Exception {
    try (RecordingClient alice = a.client("alice");
        RecordingClient bob = b.client("bob")) {
      alice.subscribe("room:1");
      bob.subscribe("room:1");
      publish(a, "room:1", "before");
      alice.expect("chat.message");
      bob.expect("chat.message");

      redis.kill();
      eventually("both are down", () -> !a.isUp() && !b.isUp());
      redis.startAgain();

      Frame one = alice.expect("resume");
      Frame other = bob.expect("resume");
      assertThat(one.data().path("resumed").asBoolean()).isFalse();
      assertThat(one.data().path("reason").asText()).isEqualTo("epoch_changed");
      assertThat(other.data().path("epoch")).isEqualTo(one.data().path("epoch"));
      eventually("both are up", () -> a.isUp() && b.isUp());
      publish(b, "room:1", "after");
      assertThat(alice.expect("chat.message").seq()).isEqualTo(bob.expect("chat.message").seq());
    }
  }
}
