package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two servers under a load of publishes while Redis, or the way of one of them to it, fails for a
 * while: {@code -Dredis.outage.seconds=30} for the long form. No connection ends, and of each
 * publish its outcome is known and true.
 */
class OutageTest {
  private static final Logger log = LoggerFactory.getLogger(OutageTest.class);
  private static final Duration OUTAGE =
      Duration.ofMillis(Integer.getInteger("redis.outage.seconds", 0) * 1_000L);
  private static final int PER_SECOND = 200;

  private RedisProcess redis;
  private Link link;
  private TestNode a;
  private TestNode b;
  private RecordingClient alice;
  private RecordingClient bob;

  /** What fails, and is mended. */
  private interface Fault {
    void begin() throws Exception;

    void end() throws Exception;
  }

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start();
    link = new Link(redis.port());
    a = RedisNodes.start("redis://127.0.0.1:" + redis.port());
    b = RedisNodes.start("redis://127.0.0.1:" + link.port());
    eventually("both are up", () -> a.isUp() && b.isUp());
    alice = PublishLoad.reader(a, "alice");
    bob = PublishLoad.reader(b, "bob");
  }

  @AfterEach
  void stop() throws Exception {
    for (RecordingClient client : new RecordingClient[] {alice, bob}) {
      if (client != null) {
        client.abort();
        client.forget();
      }
    }
    for (AutoCloseable one : new AutoCloseable[] {b, a, link, redis}) {
      if (one != null) {
        one.close();
      }
    }
  }

  private static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    for (long rest = time.toNanos(); rest > 0; rest = end - System.nanoTime()) {
      LockSupport.parkNanos(rest);
    }
  }

  private static Duration least(int millis) {
    return OUTAGE.isZero() ? Duration.ofMillis(millis) : OUTAGE;
  }

  private PublishLoad load(Duration outage, Fault fault) throws Exception {
    PublishLoad load = PublishLoad.start(PER_SECOND, a, b);
    pass(Duration.ofMillis(500));
    fault.begin();
    pass(outage);
    fault.end();
    long back = System.nanoTime();
    eventually("both are up again", () -> a.isUp() && b.isUp());
    pass(Duration.ofMillis(700));
    load.stop();
    log.warn(
        "outage of {} ms under {} publishes/s: {} acknowledged, {} refused, {} unknown; first"
            + " delivery of both {} ms after it",
        outage.toMillis(),
        PER_SECOND,
        load.acked(),
        load.refused(),
        load.unknown(),
        Math.max(load.firstAfter(back, a).toMillis(), load.firstAfter(back, b).toMillis()));
    for (TestNode node : new TestNode[] {a, b}) {
      assertThat(load.firstAfter(back, node)).isLessThan(Duration.ofSeconds(2));
    }
    return load;
  }

  private void requireNothingLost(PublishLoad load, String epoch) throws Exception {
    for (RecordingClient client : new RecordingClient[] {alice, bob}) {
      PublishLoad.Got got = load.read(client, epoch);
      assertThat(got.resyncs()).as("nobody has to load anew").isEmpty();
      load.requireAll(got, epoch);
    }
  }

  @Test
  void aRedisThatIsKilledAndComesBackIsOneResyncForEachClient() throws Exception {
    String before = a.channels().position().epoch();

    PublishLoad load =
        load(
            least(1_000),
            new Fault() {
              @Override
              public void begin() throws Exception {
                redis.kill();
              }

              @Override
              public void end() throws Exception {
                redis.startAgain();
              }
            });

    String after = a.channels().position().epoch();
    assertThat(after).isNotEqualTo(before);
    for (RecordingClient client : new RecordingClient[] {alice, bob}) {
      PublishLoad.Got got = load.read(client, before);
      assertThat(got.resyncs()).hasSize(1);
      assertThat(got.resyncs().get(0).data().path("reason").asText()).isEqualTo("epoch_changed");
      assertThat(got.byEpoch()).containsOnlyKeys(before, after);
      load.requireAll(got, after);
    }
  }

  @Test
  void aServerThatIsCutOffLosesNothing() throws Exception {
    String epoch = a.channels().position().epoch();

    PublishLoad load =
        load(
            least(1_000),
            new Fault() {
              @Override
              public void begin() {
                link.away(true);
              }

              @Override
              public void end() {
                link.away(false);
              }
            });

    assertThat(load.acked()).isGreaterThan(load.refused() + load.unknown());
    requireNothingLost(load, epoch);
  }

  @Test
  void aServerWhoseLinkIsHalfOpenLosesNothing() throws Exception {
    String epoch = a.channels().position().epoch();

    PublishLoad load =
        load(
            least(3_000),
            new Fault() {
              @Override
              public void begin() {
                link.swallowing(true);
              }

              @Override
              public void end() {
                link.swallowing(false);
              }
            });

    requireNothingLost(load, epoch);
  }

  @Test
  void aRedisThatIsFrozenAndWakesLosesNothing() throws Exception {
    String epoch = a.channels().position().epoch();

    PublishLoad load =
        load(
            least(1_500),
            new Fault() {
              @Override
              public void begin() {
                redis.freeze(true);
              }

              @Override
              public void end() {
                redis.freeze(false);
              }
            });

    requireNothingLost(load, epoch);
  }
}
