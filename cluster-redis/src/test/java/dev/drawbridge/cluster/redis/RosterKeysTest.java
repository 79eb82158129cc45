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
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/** What the roster leaves in Redis: as long as somebody needs it, and no longer. */
class RosterKeysTest {
  private static final RedisKeys KEYS = RedisKeys.of("contract", Duration.ofMinutes(5));
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final List<RedisEngine> engines = new ArrayList<>();
  private RedisProcess redis;
  private Jedis jedis;

  /** Takes what comes. */
  private static final class Nobody implements ClusterEngine.Sink {
    @Override
    public void entry(Entry entry) {
      // The test looks into Redis.
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      // As above.
    }
  }

  @BeforeEach
  void start() throws Exception {
    redis = RedisProcess.start();
    jedis = redis.client();
  }

  @AfterEach
  void stop() {
    engines.forEach(RedisEngine::close);
    jedis.close();
    redis.close();
  }

  private Roster roster(String id) throws Exception {
    RedisEngine engine = new RedisEngine(new RedisAddress("redis://127.0.0.1:" + redis.port()));
    engines.add(engine);
    engine.start(node(id), new Nobody());
    eventually("it is up", () -> engine.health().state() == EngineHealth.State.UP);
    return engine.roster();
  }

  private static Node node(String id) {
    return new Node(id, "contract", Duration.ofMinutes(5), 20_000, 200);
  }

  private static Member member(String group, int i) {
    return new Member(group, "u" + i, "The user " + i, "c" + i, "x", i);
  }

  private static List<Member> members(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> member("c:room:" + i % 10, i)).toList();
  }

  private void endLease(String node) {
    jedis.zadd(KEYS.leases(), 1, node);
  }

  private String key(String rest) {
    return KEYS.prefix() + rest;
  }

  @Test
  void deadNodesAreRemovedThoughTheirGroupsAreLost() throws Exception {
    Roster dead = roster("dead");
    Roster deadToo = roster("deadToo");
    Roster alive = roster("alive");
    dead.begin(members(0, 30), 0);
    deadToo.begin(members(30, 60), 0);
    alive.begin(List.of(), 0);
    jedis.hdel(key("g:c:room:1"), "\"u1\"");
    jedis.del(key("g:c:room:2"));
    endLease("dead");
    endLease("deadToo");

    alive.beat();

    assertThat(jedis.zrange(KEYS.leases(), 0, -1)).containsExactly("alive");
    assertThat(jedis.keys(key("[bng]:*"))).isEmpty();
  }

  @Test
  void aNodeThatLeavesWhatIsLostLeavesNothing() throws Exception {
    Roster alive = roster("alive");
    alive.begin(members(0, 1), 0);
    jedis.del(key("g:c:room:0"));

    alive.change(List.of(new Roster.Change(false, member("c:room:0", 0))));

    assertThat(jedis.exists(key("n:alive"))).isFalse();
  }

  @Test
  void whatADeadNodeHadOutlivesTheDeploymentByItsTimeAndNoLonger() throws Exception {
    Roster dead = roster("dead");
    Roster alive = roster("alive");
    alive.begin(List.of(), 0);
    dead.begin(members(0, 500), 0);
    beginOfSeveralSteps("dead", 1, 700);
    endLease("dead");

    // One piece alone, so that there is something left.
    call(Script.BEAT, RedisRoster.arguments(node("alive"), 15_000, 200, HOUR, "", 9, "", 0));

    assertThat(jedis.keys(KEYS.prefix() + "*"))
        .contains(key("n:dead"))
        .allSatisfy(key -> assertThat(jedis.pttl(key)).as(key).isPositive());
  }

  private void beginOfSeveralSteps(String id, int... members) throws Exception {
    List<Object> arguments = RedisRoster.arguments(node(id), Roster.LEASE_MS, 0, 1, 200);
    for (int i : members) {
      arguments.addAll(List.of("c:room:" + i % 10, "\"u" + i + "\"", "\"\"", "c" + i, 1));
    }
    call(Script.BEGIN, arguments);
  }

  private List<?> call(Script script, List<Object> arguments) throws Exception {
    try (RedisLine line = line()) {
      return Answers.list(line.call(script, arguments));
    }
  }

  private RedisLine line() {
    RedisAddress address = new RedisAddress("redis://127.0.0.1:" + redis.port());
    return new RedisLine(
        () -> new HostAndPort("127.0.0.1", redis.port()), () -> address.config(2_000), KEYS);
  }

  @Test
  void aNodeThatWasGivenUpAndWakesKeepsItsNumber() throws Exception {
    Roster asleep = roster("asleep");
    Roster alive = roster("alive");
    asleep.begin(members(0, 3), 0);
    alive.begin(List.of(), 0);
    jedis.hset(KEYS.head(), "n:asleep", "7");
    jedis.hset(KEYS.head(), "n:dead", "7");
    endLease("asleep");
    alive.beat();
    assertThat(jedis.zrange(key("gone"), 0, -1)).containsExactly("asleep");

    asleep.begin(members(0, 3), 0);

    assertThat(jedis.exists(key("gone"))).isFalse();
    // As a server of an earlier release leaves it.
    jedis.zadd(key("gone"), 1, "asleep");
    jedis.zadd(key("gone"), 1, "dead");
    alive.beat();
    assertThat(jedis.hget(KEYS.head(), "n:asleep")).isEqualTo("7");
    assertThat(jedis.hexists(KEYS.head(), "n:dead")).isFalse();
    assertThat(jedis.exists(key("gone"))).isFalse();
  }

  @Test
  void theGroupsOfALivingNodeLiveOnAndOneStepTellsSomeOfThem() throws Exception {
    Roster alive = roster("alive");
    List<Member> all = IntStream.range(0, 3_000).mapToObj(i -> member("u:u" + i, i)).toList();
    alive.begin(all, 0);
    List<String> groups = List.copyOf(jedis.keys(key("g:*")));
    assertThat(groups).hasSize(3_000);
    groups.forEach(group -> jedis.pexpire(group, HOUR));
    jedis.pexpire(key("n:alive"), HOUR);

    List<?> first =
        call(Script.BEAT, RedisRoster.arguments(node("alive"), 15_000, 9, HOUR, "0", 500, "", 0));
    long told = groups.stream().filter(group -> jedis.pttl(group) > HOUR).count();
    try (RedisLine line = line()) {
      new RedisRoster(line, node("alive"), Duration.ZERO).beat();
    }

    assertThat(Answers.text(first.get(4))).isNotEmpty();
    assertThat(told).isBetween(400L, 1_000L);
    assertThat(groups).allMatch(group -> jedis.pttl(group) > HOUR);
    assertThat(jedis.pttl(key("n:alive"))).isGreaterThan(HOUR);
  }
}
