package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Member;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.Roster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/**
 * A node with more members than one call tells: it begins anew in several steps, and who is in two
 * of them, or comes between them, is where it belongs.
 */
class ManyMembersTest {
  private static final RedisKeys KEYS = RedisKeys.of("contract", Duration.ofMinutes(5));
  private static final int MANY = 2_500;

  private final List<Entry> entries = new CopyOnWriteArrayList<>();
  private RedisProcess redis;
  private RedisEngine a;
  private RedisEngine b;

  /** Keeps what is told of members. */
  private final class Listener implements ClusterEngine.Sink {
    @Override
    public void entry(Entry entry) {
      if (entry.kind() == Entry.Kind.PRESENCE) {
        entries.add(entry);
      }
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      // The log begins with the test.
    }
  }

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start();
    a = engine("a");
    b = engine("b");
    b.roster().begin(List.of(), 0);
  }

  private RedisEngine engine(String id) {
    RedisEngine engine = new RedisEngine(new RedisAddress("redis://127.0.0.1:" + redis.port()));
    engine.start(node(id), id.equals("b") ? new Listener() : new Silent());
    eventually("it is up", () -> engine.health().state() == EngineHealth.State.UP);
    return engine;
  }

  private static final class Silent implements ClusterEngine.Sink {
    @Override
    public void entry(Entry entry) {
      // The other one listens.
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      // As above.
    }
  }

  private static Node node(String id) {
    return new Node(id, "contract", Duration.ofMinutes(5), 20_000, 200);
  }

  @AfterEach
  void stop() {
    for (RedisEngine engine : new RedisEngine[] {a, b}) {
      if (engine != null) {
        engine.close();
      }
    }
    redis.close();
  }

  private static Member member(String group, int i) {
    return new Member(group, "u" + i, "The user " + i, "c" + i, "a", i);
  }

  /** In ten channels. */
  private static List<Member> members(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> member("c:room:" + i % 10, i)).toList();
  }

  private int count(String group) throws Exception {
    return b.roster().members(group, 1).count();
  }

  @Test
  void eachChannelIsToldOnceAndWhoIsNotAmongThemHasLeft() throws Exception {
    a.roster().begin(members(0, MANY), 0);
    eventually("it is told", () -> entries.size() >= 10);
    assertThat(count("c:room:3")).isEqualTo(MANY / 10);

    a.roster().begin(members(0, 100), 0);

    assertThat(count("c:room:3")).isEqualTo(10);
    eventually("it is told", () -> entries.size() >= 20);
    assertThat(entries.subList(0, 10)).allMatch(one -> one.frame().contains("\"count\":250"));
    a.roster().beat();
    try (Jedis jedis = redis.client()) {
      assertThat(jedis.exists(KEYS.prefix() + "b:a")).as("nothing is left of the old").isFalse();
    }
  }

  @Test
  void theLimitHoldsOverTheSteps() throws Exception {
    List<Member> all = new ArrayList<>(members(0, MANY));
    for (int i = 0; i < 4; i++) {
      all.add(i * 700, new Member("u:bob", "bob", "", "bob" + i, "a", i));
    }
    b.roster().enter(new Member("u:bob", "bob", "", "elsewhere", "b", 1), 3, null);

    assertThat(a.roster().begin(all, 3))
        .extracting(Member::connection)
        .containsExactly("bob2", "bob3");
    assertThat(a.roster().begin(all, 0)).isEmpty();
    assertThat(b.roster().members("u:bob", 9).list().get(0).connections()).isEqualTo(5);
  }

  @Test
  void whoComesBetweenTheStepsStays() throws Exception {
    a.roster().begin(members(0, MANY), 0);
    CompletableFuture<Integer> entering =
        CompletableFuture.supplyAsync(
            () -> {
              int i = 0;
              try {
                for (; i < 200; i++) {
                  // Of users whose older connections are not among those that it begins with.
                  a.roster().enter(new Member("u:u" + i, "u" + i, "", "late" + i, "a", 1), 2, null);
                }
              } catch (Exception e) {
                throw new AssertionError(e);
              }
              return i;
            });

    List<Member> places = new ArrayList<>(members(0, MANY));
    for (int i = 0; i < 200; i++) {
      places.add(member("u:u" + i, i));
    }
    a.roster().begin(places, 2);
    int entered = entering.get(20, TimeUnit.SECONDS);

    // Those that the beginning has found were replaced by it, as the caller tells it all it has.
    for (int i = 0; i < entered; i++) {
      a.roster().enter(new Member("u:u" + i, "u" + i, "", "late" + i, "a", 1), 2, null);
      assertThat(b.roster().members("u:u" + i, 9).list().get(0).connections()).isEqualTo(2);
    }
  }

  @Test
  void whatANodeLeavesThatDiesBetweenTheStepsIsRemoved() throws Exception {
    a.roster().begin(members(0, 50), 0);
    RedisAddress address = new RedisAddress("redis://127.0.0.1:" + redis.port());
    try (RedisLine line =
            new RedisLine(
                () -> new HostAndPort("127.0.0.1", redis.port()),
                () -> address.config(2_000),
                KEYS);
        Jedis jedis = redis.client()) {
      // The first step of several, with one who was there before and one who is new.
      List<Object> arguments = RedisRoster.arguments(node("a"), Roster.LEASE_MS, 0, 1, 200);
      for (int i : new int[] {1, 77}) {
        arguments.addAll(List.of("c:room:" + i % 10, "\"u" + i + "\"", "\"\"", "c" + i, 1));
      }
      line.call(Script.BEGIN, arguments);
      assertThat(count("c:room:1")).isEqualTo(5);
      a.close();
      jedis.zincrby(KEYS.leases(), -Roster.LEASE_MS - 1_000, "a");

      b.roster().beat();

      for (int room = 0; room < 10; room++) {
        assertThat(count("c:room:" + room)).isZero();
      }
      assertThat(b.roster().reaped()).isEqualTo(51);
      assertThat(jedis.keys(KEYS.prefix() + "[bn]:a")).isEmpty();
    }
  }

  @Test
  void manyChangesAtOnceAreToldInSeveralSteps() throws Exception {
    a.roster().begin(List.of(), 0);

    a.roster().change(members(0, MANY).stream().map(one -> new Roster.Change(true, one)).toList());

    assertThat(count("c:room:9")).isEqualTo(MANY / 10);
    a.roster().change(members(0, MANY).stream().map(one -> new Roster.Change(false, one)).toList());
    assertThat(count("c:room:9")).isZero();
  }
}
