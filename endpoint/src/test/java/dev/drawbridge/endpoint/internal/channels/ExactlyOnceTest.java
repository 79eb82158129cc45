package dev.drawbridge.endpoint.internal.channels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.channels.SteppedEngine.Fate;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two nodes, three clients and every fault at random: no handler misses a message, gets one twice
 * or out of order without being told to load anew.
 */
class ExactlyOnceTest {
  private static final List<String> ROOMS = List.of("room:1", "room:2", "room:3");
  private static final List<Fate> FATES = List.of(Fate.values());

  /** One client with its connection and where it is. */
  private static final class Player {
    private final String subject;
    private final TestClient client = new TestClient();
    private FakeConnection connection;
    private int node = -1;
    private boolean asked;

    /** Frames under way: they are lost when the connection breaks. */
    private final List<String> onTheWire = new ArrayList<>();

    private Player(String subject) {
      this.subject = subject;
      this.connection = new FakeConnection(subject, subject);
    }
  }

  /** One run. */
  private static final class World {
    private final Random random;
    private final SteppedEngine.Log log = new SteppedEngine.Log();
    private final List<SteppedEngine> engines = new ArrayList<>();
    private final List<Scene> nodes = new ArrayList<>();
    private final List<Player> players = new ArrayList<>();
    private final List<Scene.Answer> publishes = new ArrayList<>();
    private final Map<Integer, Scene.Answer> answers = new HashMap<>();

    /** What the log held in each epoch, however it ended. */
    private final Map<String, List<Entry>> history = new HashMap<>();

    private int connections;
    private int messages;

    private World(long seed) {
      random = new Random(seed);
      for (String id : List.of("a", "b")) {
        SteppedEngine engine = new SteppedEngine(log);
        engines.add(engine);
        nodes.add(new Scene(engine, id, Scene.window(20), new Scene.OpenRule()));
        engine.tailAll();
        nodes.get(nodes.size() - 1).step();
      }
      for (String subject : List.of("ann", "bob", "eve")) {
        players.add(new Player(subject));
      }
    }

    private void remember() {
      List<Entry> all = new ArrayList<>();
      for (long seq = 1; seq <= log.top(); seq++) {
        all.add(log.get(seq));
      }
      history.put(log.epoch(), all);
    }

    private void act() {
      Player player = players.get(random.nextInt(players.size()));
      int which = random.nextInt(2);
      switch (random.nextInt(14)) {
        case 0, 1, 2 -> publish(which);
        case 3, 4 -> engines.get(which).tail();
        case 5 -> nodes.get(which).step();
        case 6 -> nodes.get(which).hub.tail().work(System.nanoTime());
        case 7, 8 -> connect(player, which);
        case 9 -> arrive(player, 1 + random.nextInt(4));
        case 10 -> {
          if (random.nextInt(3) == 0) {
            disconnect(player);
          }
        }
        case 11 -> engines.get(which).fates.add(FATES.get(random.nextInt(FATES.size())));
        case 12 -> {
          if (player.node >= 0) {
            nodes.get(player.node).hub.ping(player.connection);
          }
          log.executeLate();
        }
        default -> rare(which);
      }
      remember();
    }

    private void rare(int which) {
      switch (random.nextInt(8)) {
        case 0 -> {
          remember();
          log.loseEverything();
        }
        case 1 -> log.trimTo(Math.max(0, log.top() - random.nextInt(4)));
        case 2 ->
            nodes.get(which).hub.appender().expire(System.nanoTime() + TimeUnit.SECONDS.toNanos(3));
        case 3 -> nodes.get(which).hub.log().tick(System.nanoTime() + TimeUnit.SECONDS.toNanos(3));
        default ->
            nodes.get(which).hub.appender().work(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
      }
    }

    private void publish(int which) {
      String room = ROOMS.get(random.nextInt(ROOMS.size()));
      int number = ++messages;
      FakeConnection sender = new FakeConnection("sender" + number, "sender");
      String key = random.nextInt(3) == 0 ? "k" + random.nextInt(5) : null;
      Scene.Answer answer = nodes.get(which).publish(sender, room, String.valueOf(number), key);
      publishes.add(answer);
      answers.put(number, answer);
    }

    private void connect(Player player, int which) {
      if (player.node >= 0) {
        if (!player.asked && player.client.channels.isEmpty()) {
          nodes.get(player.node).subscribe(player.connection, ROOMS.toArray(new String[0]));
          player.asked = true;
        }
        return;
      }
      player.node = which;
      player.connection = new FakeConnection("c" + ++connections, player.subject);
      player.asked = true;
      if (player.client.channels.isEmpty()) {
        nodes.get(which).subscribe(player.connection, ROOMS.toArray(new String[0]));
      } else {
        nodes
            .get(which)
            .resume(player.connection, player.client.resumeFrom(), player.client.channels);
      }
    }

    private void arrive(Player player, int count) {
      if (player.node < 0) {
        // What the node still sends goes nowhere.
        return;
      }
      player.onTheWire.addAll(player.connection.take());
      for (int i = 0; i < count && !player.onTheWire.isEmpty(); i++) {
        player.client.take(player.onTheWire.remove(0));
      }
    }

    private void disconnect(Player player) {
      if (player.node >= 0) {
        arrive(player, random.nextInt(3));
        nodes.get(player.node).end(player.connection);
        player.connection.take();
        player.onTheWire.clear();
        player.client.broken();
        player.node = -1;
        player.asked = false;
      }
    }

    /** Nothing fails any more, and everything that is under way arrives. */
    private void settle() {
      engines.forEach(engine -> engine.fates.clear());
      for (int round = 0; round < 12; round++) {
        for (Player player : players) {
          if (player.node < 0 || !player.asked) {
            connect(player, random.nextInt(2));
          }
        }
        for (int i = 0; i < 2; i++) {
          engines.get(i).tailAll();
          nodes.get(i).step();
          nodes.get(i).hub.log().tick(System.nanoTime() + TimeUnit.SECONDS.toNanos(3));
          nodes.get(i).hub.appender().work(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
          engines.get(i).tailAll();
          nodes.get(i).step();
        }
        for (Player player : players) {
          arrive(player, Integer.MAX_VALUE);
        }
      }
      remember();
    }

    private void check() {
      for (Scene.Answer answer : publishes) {
        assertThat(answer.done).as("each publish has an outcome").isTrue();
      }
      answers.forEach(
          (number, answer) -> {
            if (answer.code == ChannelCode.ENGINE_UNAVAILABLE) {
              assertThat(history.values())
                  .as("message %s is certainly not in a log", number)
                  .allSatisfy(
                      all ->
                          assertThat(all)
                              .noneMatch(
                                  entry -> entry.text().endsWith("\"data\":" + number + "}")));
            }
          });
      for (Player player : players) {
        check(player);
      }
    }

    private void check(Player player) {
      for (String room : ROOMS) {
        List<TestClient.Handled> all = player.client.handled;
        List<TestClient.Handled> since =
            all.subList(player.client.handledBefore.getOrDefault(room, 0), all.size()).stream()
                .filter(one -> one.channel().equals(room))
                .toList();
        Position from = player.client.stated.get(room);
        assertThat(from).as("a place to begin").isNotNull();
        assertThat(from.epoch()).isEqualTo(log.epoch());
        List<Long> expected = new ArrayList<>();
        for (long seq = from.seq() + 1; seq <= log.top(); seq++) {
          Entry entry = log.get(seq);
          if (entry.channel().equals(room) && entry.repeat() == 0) {
            expected.add(seq);
          }
        }
        assertThat(since)
            .as("%s of %s since %s", room, player.subject, from)
            .allMatch(one -> one.epoch().equals(from.epoch()))
            .extracting(TestClient.Handled::seq)
            .containsExactlyElementsOf(expected);
      }
      for (TestClient.Handled one : player.client.handled) {
        Entry entry = history.get(one.epoch()).get((int) one.seq() - 1);
        assertThat(entry.text()).endsWith("\"data\":" + one.data() + "}");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4, 5, 6, 7})
  void everyHandlerGetsEachMessageOnceOrIsToldToLoadAnew(long block) {
    for (long seed = block * 100; seed < (block + 1) * 100; seed++) {
      run(seed);
    }
  }

  static void run(long seed) {
    World world = new World(seed);
    try {
      for (int i = 0; i < 200; i++) {
        world.act();
      }
      world.settle();
      world.check();
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }
}
