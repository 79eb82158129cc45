package dev.drawbridge.cluster.redis;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.cluster.Roster;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.params.XAddParams;

/** What can happen to Redis: what clients are told, and what the diagnostics page says of it. */
// Each has its own servers, and waits most of its time.
@Execution(ExecutionMode.CONCURRENT)
class RedisFaultsTest {
  private static final RedisKeys KEYS = RedisKeys.of("contract", Duration.ofMinutes(5));

  /** Ended in the order against that of their start. */
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  private <T extends AutoCloseable> T closing(T one) {
    open.push(one);
    return one;
  }

  @AfterEach
  void stop() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  private RedisProcess redis(String... options) throws Exception {
    return closing(RedisProcess.start(options));
  }

  private TestNode node(int port, String... settings) throws Exception {
    TestNode node = closing(RedisNodes.start("redis://127.0.0.1:" + port, with(settings)));
    eventually("it is up", node::isUp);
    return node;
  }

  private static String[] with(String... settings) {
    List<String> all = new ArrayList<>(TestNode.DEV_MODE);
    all.addAll(List.of(settings));
    return all.toArray(String[]::new);
  }

  private RecordingClient member(TestNode node, String subject) {
    RecordingClient client = node.client(subject);
    open.push(
        () -> {
          client.abort();
          client.forget();
        });
    client.subscribe("room:1");
    return client;
  }

  private static void publish(TestNode node, Object text) throws Exception {
    node.channels()
        .publish("room:1", "chat.message", Map.of("text", text))
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  private static void expect(String text, RecordingClient... clients) {
    for (RecordingClient client : clients) {
      assertThat(client.expect("chat.message").data().path("text").asText()).isEqualTo(text);
    }
  }

  /** One resync with its reason; gives the epoch. */
  private static String expectResync(RecordingClient client) {
    Frame told = client.expect("resume");
    assertThat(told.data().path("resumed").asBoolean()).isFalse();
    assertThat(told.data().path("reason").asText()).isEqualTo("epoch_changed");
    return told.data().path("epoch").asText();
  }

  @ParameterizedTest
  @ValueSource(strings = {"flushall", "head", "log"})
  void whatIsLostIsOneResyncAndThePageSaysWhy(String lost) throws Exception {
    RedisProcess redis = redis();
    TestNode a = node(redis.port());
    TestNode b = node(redis.port());
    RecordingClient alice = member(a, "alice");
    RecordingClient bob = member(b, "bob");
    publish(a, "before");
    expect("before", alice, bob);
    // An entry that comes behind the loss of the stream alone would go on from where all are.
    eventually("both are entered", () -> a.channels().members("room:1").count() == 2);

    try (Jedis jedis = redis.client()) {
      switch (lost) {
        case "flushall" -> jedis.flushAll();
        case "head" -> jedis.del(KEYS.head());
        default -> jedis.del(KEYS.log());
      }
    }

    assertThat(expectResync(alice)).isEqualTo(expectResync(bob));
    publish(b, "after");
    expect("after", alice, bob);
    assertThat(a.findings()).contains("log_reset");
    assertThat(a.finding("log_reset").path("fix").asText()).isNotBlank();
    JsonNode resets = a.diagnostics().at("/cluster/resets");
    assertThat(resets.path("log_lost").asInt() + resets.path("engine_changed").asInt()).isOne();
  }

  @Test
  void anOlderBackupThatIsRestoredIsOneResync() throws Exception {
    RedisProcess redis = redis();
    TestNode a = node(redis.port());
    RecordingClient alice = member(a, "alice");
    publish(a, "1");
    publish(a, "2");
    try (Jedis jedis = redis.client()) {
      jedis.save();
    }
    publish(a, "3");
    publish(a, "4");
    for (String text : List.of("1", "2", "3", "4")) {
      expect(text, alice);
    }
    String before = a.channels().position().epoch();
    long seq = a.channels().position().seq();

    redis.kill();
    redis.startAgain();

    assertThat(expectResync(alice)).isNotEqualTo(before);
    publish(a, "5");
    expect("5", alice);
    try (RecordingClient late = a.client("late")) {
      Frame answer = late.resume(before, seq, "room:1");
      assertThat(answer.data().path("reason").asText()).isEqualTo("epoch_changed");
    }
  }

  @Test
  void aReplicaThatLacksTheNewestEntriesAndTakesOverIsOneResync() throws Exception {
    RedisProcess primary = redis();
    RedisProcess replica = redis("--replicaof", "127.0.0.1", "" + primary.port());
    Link link = closing(new Link(primary.port()));
    try (Jedis jedis = replica.client()) {
      eventually(
          "the replica is in step", () -> jedis.info("replication").contains("link_status:up"));
    }
    TestNode a = node(link.port());
    TestNode b = node(link.port());
    RecordingClient alice = member(a, "alice");
    RecordingClient bob = member(b, "bob");
    publish(a, "both have it");
    expect("both have it", alice, bob);
    try (Jedis jedis = primary.client()) {
      jedis.waitReplicas(1, 5_000);
    }

    replica.freeze(true);
    publish(a, "the primary alone has it");
    expect("the primary alone has it", alice, bob);
    primary.kill();
    replica.freeze(false);
    try (Jedis jedis = replica.client()) {
      jedis.replicaofNoOne();
    }
    link.target(replica.port());

    assertThat(expectResync(alice)).isEqualTo(expectResync(bob));
    publish(b, "after");
    expect("after", alice, bob);
  }

  @Test
  void aPrimaryThatWasDemotedAndPromotedAgainUnderLivingConnectionsIsNoticed() throws Exception {
    RedisProcess first = redis();
    RedisProcess second = redis("--replicaof", "127.0.0.1", "" + first.port());
    Link link = closing(new Link(first.port()));
    TestNode a = node(first.port());
    TestNode b = node(link.port());
    RecordingClient alice = member(a, "alice");
    RecordingClient bob = member(b, "bob");
    publish(a, "before");
    expect("before", alice, bob);

    try (Jedis one = first.client();
        Jedis two = second.client()) {
      eventually(
          "the replica is in step", () -> two.info("replication").contains("link_status:up"));
      one.waitReplicas(1, 5_000);
      two.replicaofNoOne();
      one.replicaof("127.0.0.1", second.port());
      link.target(second.port());
      link.cut();
      expectResync(bob);
      publish(b, "on the second alone");
      expect("on the second alone", bob);
      eventually("the first has it", () -> one.info("replication").contains("link_status:up"));
      two.waitReplicas(1, 5_000);
      one.replicaofNoOne();
      two.replicaof("127.0.0.1", first.port());
      link.target(first.port());
      link.cut();
    }

    eventually("both are up", () -> a.isUp() && b.isUp());
    String text = publishWhenSettled(a, b);
    // How often each is told depends on what its server sees of it; that it is told does not.
    Told ofAlice = readTo(alice, text);
    assertThat(ofAlice).isEqualTo(readTo(bob, text));
    assertThat(ofAlice.epoch()).isEqualTo(a.channels().position().epoch());
  }

  /** The epoch of the last resync in front of a message, and the number of that. */
  private record Told(String epoch, long seq) {}

  private static Told readTo(RecordingClient client, String text) {
    String epoch = "none";
    while (true) {
      Frame frame = client.next();
      if (frame.type().equals("resume")) {
        epoch = frame.data().path("epoch").asText();
      } else if (frame.data().path("text").asText().equals(text)) {
        return new Told(epoch, frame.seq());
      }
    }
  }

  /** As long as one server still opens the log, a publish of another may fail. */
  private static String publishWhenSettled(TestNode a, TestNode b) {
    String[] text = {""};
    int[] tries = {0};
    eventually(
        "both publish in one epoch",
        () -> {
          text[0] = "after " + tries[0]++;
          try {
            publish(a, text[0] + " by a");
            publish(b, text[0]);
          } catch (Exception e) {
            return false;
          }
          return a.channels().position().epoch().equals(b.channels().position().epoch());
        });
    return text[0];
  }

  @Test
  void aRedisWithoutMemoryRefusesPublishesWhichIsToldAndGoesOnAfterwards() throws Exception {
    RedisProcess redis = redis();
    TestNode a = node(redis.port());
    RecordingClient alice = member(a, "alice");
    publish(a, "before");
    expect("before", alice);
    try (Jedis jedis = redis.client()) {
      jedis.configSet("maxmemory", "1");

      String id = alice.publish("room:1", "chat.message", Map.of("text", "refused"));

      assertThat(alice.expectError("engine_unavailable").id()).isEqualTo(id);
      JsonNode finding = a.finding("engine_down");
      assertThat(finding.path("cause").asText()).contains("Redis has no memory left");
      assertThat(finding.path("fix").asText()).contains("more memory", "RESUME_WINDOW_BYTES");
      assertThat(a.isDown()).isTrue();
      jedis.configSet("maxmemory", "0");
    }
    eventually("it is up again", a::isUp);
    publish(a, "after");
    expect("after", alice);
  }

  @Test
  void aPolicyThatThrowsAwayIsNamedWithTheCommandThatMendsIt() throws Exception {
    RedisProcess redis = redis("--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb");
    TestNode a = node(redis.port());

    JsonNode finding = a.finding("engine_evicts");

    assertThat(finding.path("cause").asText()).contains("allkeys-lru");
    assertThat(finding.path("paste").asText()).isEqualTo("CONFIG SET maxmemory-policy noeviction");
    assertThat(a.diagnostics().at("/cluster/warnings").toString()).contains("noeviction");
  }

  @Test
  void aWrongPasswordIsSaidWithoutItAndMendedByTheFile() throws Exception {
    RedisProcess redis = redis("--requirepass", "right");
    TestNode a =
        closing(
            RedisNodes.start(
                "redis://127.0.0.1:" + redis.port(),
                with("DRAWBRIDGE_CLUSTER_PASSWORD", "wr0ng-s3cret")));
    eventually(
        "the reason is known",
        () -> a.diagnostics().at("/cluster/reason").asText().contains("refuses"));

    assertThat(a.finding("engine_down").path("cause").asText())
        .contains("Redis refuses user and password");
    assertThat(a.finding("engine_down").path("fix").asText())
        .contains("DRAWBRIDGE_CLUSTER_PASSWORD_FILE");
    assertThat(a.diagnostics().at("/cluster").toString()).doesNotContain("wr0ng-s3cret");
    RecordingClient alice = a.client("alice");
    assertThat(alice.request("echo", Map.of("n", 1)).type()).isEqualTo("ack");
    alice.leave();
    alice.forget();
  }

  @Test
  void twoDeploymentsOnOneRedisDoNotMeet() throws Exception {
    RedisProcess redis = redis();
    TestNode shop = node(redis.port(), "DRAWBRIDGE_CLUSTER_NAME", "shop");
    TestNode blog = node(redis.port(), "DRAWBRIDGE_CLUSTER_NAME", "blog");
    RecordingClient alice = member(shop, "alice");
    RecordingClient bob = member(blog, "bob");

    publish(shop, "of the shop");
    publish(blog, "of the blog");
    shop.channels()
        .disconnect("bob", dev.drawbridge.endpoint.CloseCode.FORBIDDEN)
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);

    expect("of the shop", alice);
    expect("of the blog", bob);
    assertThat(bob.request("echo", Map.of()).type()).isEqualTo("ack");
    try (Jedis jedis = redis.client()) {
      jedis.del(RedisKeys.of("shop", Duration.ofMinutes(5)).head());
    }
    expectResync(alice);
    assertThat(bob.request("echo", Map.of()).type()).as("no resync").isEqualTo("ack");
    assertThat(blog.diagnostics().at("/cluster/nodes").asInt()).isOne();
  }

  @Test
  void twoDeploymentsOfOneNameAreOneWhichTheNumberOfServersShows() throws Exception {
    RedisProcess redis = redis();
    TestNode production = node(redis.port());
    TestNode byMistake = node(redis.port());
    RecordingClient alice = member(production, "alice");

    publish(byMistake, "of another deployment");

    expect("of another deployment", alice);
    eventually(
        "both servers count",
        () ->
            production.diagnostics().at("/cluster/nodes").asInt() == 2
                && byMistake.diagnostics().at("/cluster/nodes").asInt() == 2);
  }

  @Test
  void entriesOfOtherVersionsKeepTheirPlaceAndTheOthersAreDelivered() throws Exception {
    RedisProcess redis = redis();
    TestNode a = node(redis.port());
    TestNode b = node(redis.port());
    RecordingClient alice = member(a, "alice");
    RecordingClient bob = member(b, "bob");
    publish(a, "before");
    expect("before", alice, bob);
    String frame =
        "{\"type\":\"chat.message\",\"channel\":\"room:1\",\"seq\":,\"data\":{\"text\":\"TEXT\"}}";

    try (Jedis jedis = redis.client()) {
      insert(jedis, "v", "2", "k", "message", "c", "room:1", "t", "chat.message", "d", "?");
      insert(jedis, "v", "1", "k", "hologram", "c", "room:1", "t", "x", "d", "?");
      insert(jedis, "v", "x", "k", "message", "c", "room:1", "t", "x", "d", "?");
      insert(jedis, "k", "message");
      insert(jedis, "v", "1", "k", "control", "t", "levitate", "d", "{\"subject\":null}");
      insert(jedis, "v", "1", "k", "control", "t", "disconnect", "d", "no json");
      insert(
          jedis,
          "v",
          "1",
          "k",
          "message",
          "c",
          "room:1",
          "t",
          "chat.message",
          "d",
          frame.replace("TEXT", "with a field more"),
          "zz",
          "of a later version");
      insert(
          jedis,
          "v",
          "0",
          "k",
          "message",
          "c",
          "room:1",
          "t",
          "chat.message",
          "d",
          frame.replace("TEXT", "of no version"));
      insert(jedis, "v", "1", "k", "presence", "c", "room:1", "t", "presence", "d", "{}");
    }
    publish(b, "after");

    expect("with a field more", alice, bob);
    expect("after", alice, bob);
    assertThat(a.isUp() && b.isUp()).isTrue();
    assertThat(a.diagnostics().at("/cluster/resets")).isEmpty();
  }

  /** As a server of another release would append it. */
  private static void insert(Jedis jedis, String... fields) {
    Map<String, String> all = new HashMap<>();
    all.put("e", jedis.hget(KEYS.head(), "epoch"));
    all.put("w", "ofAnotherRelease");
    for (int i = 0; i < fields.length; i += 2) {
      all.put(fields[i], fields[i + 1]);
    }
    jedis.eval(
        "local top = redis.call('HINCRBY', KEYS[2], 'top', 1)\n"
            + "return redis.call('XADD', KEYS[1], top .. '-0', unpack(ARGV))",
        List.of(KEYS.log(), KEYS.head()),
        all.entrySet().stream()
            .flatMap(one -> java.util.stream.Stream.of(one.getKey(), one.getValue()))
            .toList());
  }

  @Test
  void aServerThatIsCutOffForLongerThanItsLeaseKeepsItsClientsAndEntersThemAnew() throws Exception {
    RedisProcess redis = redis();
    Link link = closing(new Link(redis.port()));
    TestNode a = node(redis.port());
    TestNode b = node(link.port());
    RecordingClient alice = a.client("alice");
    open.push(alice::forget);
    alice.request("subscribe", Map.of("channels", List.of("room:1"), "presence", true));
    alice.expect("presence");
    RecordingClient bob = member(b, "bob");
    assertThat(alice.expect("presence").data().path("joined").toString()).contains("bob");

    link.away(true);
    eventually("b says that it is down", b::isDown);
    String cutOff = b.diagnostics().at("/cluster/node").asText();
    try (Jedis jedis = redis.client()) {
      jedis.zincrby(KEYS.leases(), -Roster.LEASE_MS, cutOff);
    }

    assertThat(alice.expect("presence").data().path("left").toString()).isEqualTo("[\"bob\"]");
    assertThat(a.channels().members("room:1").count()).isOne();
    link.away(false);
    assertThat(alice.expect("presence").data().path("joined").toString()).contains("bob");
    assertThat(bob.request("echo", Map.of()).type()).as("its connection stayed").isEqualTo("ack");
    eventually("the page says it", () -> b.findings().contains("lease_lost"));
    assertThat(b.finding("lease_lost").path("fix").asText()).contains("network to the engine");
  }

  /** Takes what comes. */
  private static final class Nobody implements ClusterEngine.Sink {
    @Override
    public void entry(Entry entry) {
      // Nobody asks.
    }

    @Override
    public void reset(Head head, ResetReason reason) {
      // Nobody asks.
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-60_000, 60_000})
  void aServerWhoseClockIsOffKeepsItsLeaseAndIsTold(long aheadMillis) throws Exception {
    RedisProcess redis = redis();
    RedisEngine engine =
        new RedisEngine(
            new RedisAddress("redis://127.0.0.1:" + redis.port()),
            () -> System.currentTimeMillis() + aheadMillis);
    closing(engine);
    engine.start(new Node("off", "contract", Duration.ofMinutes(5), 1_000, 200), new Nobody());
    eventually("it is up", () -> engine.health().state() == EngineHealth.State.UP);

    engine.roster().begin(List.of(), 0);
    engine.roster().beat();

    assertThat(engine.roster().nodes()).isOne();
    assertThat(engine.describe().warnings())
        .anySatisfy(
            one ->
                assertThat(one)
                    .matches("the clock of Redis is about 1 min (ahead of|behind) this server's.*")
                    .contains(aheadMillis < 0 ? "ahead" : "behind"));
  }

  @Test
  void aStreamThatSomebodyElseHasWrittenIntoIsAnotherLog() throws Exception {
    RedisProcess redis = redis();
    TestNode a = node(redis.port());
    RecordingClient alice = member(a, "alice");
    publish(a, "before");
    expect("before", alice);

    try (Jedis jedis = redis.client()) {
      jedis.xadd(
          KEYS.log(), XAddParams.xAddParams().id(new StreamEntryID(900, 0)), Map.of("a", "b"));
    }

    expectResync(alice);
    publish(a, "after");
    expect("after", alice);
  }

  @Test
  void keysOfAnotherTypeAreSaidAndNothingIsDestroyed() throws Exception {
    RedisProcess redis = redis();
    try (Jedis jedis = redis.client()) {
      jedis.set(KEYS.head(), "of another program");
      TestNode a = closing(RedisNodes.start("redis://127.0.0.1:" + redis.port(), with()));
      eventually(
          "the reason is known",
          () -> a.diagnostics().at("/cluster/reason").asText().contains("WRONGTYPE"));

      assertThat(jedis.get(KEYS.head())).isEqualTo("of another program");
      assertThatThrownBy(() -> a.channels().position()).isInstanceOf(IllegalStateException.class);
    }
  }
}
