package dev.drawbridge.cluster.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.endpoint.PublishFailedException;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.TestNode;
import dev.drawbridge.endpoint.testkit.Event;
import dev.drawbridge.endpoint.testkit.Event.Frame;
import dev.drawbridge.endpoint.testkit.RecordingClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Numbered messages in one channel at a steady rate, by several servers in turn, and what became of
 * each; and what a client got of them.
 */
final class PublishLoad {
  private static final String CHANNEL = "room:load";
  private static final int MARK = -1;

  private final TestNode[] nodes;
  private final Thread thread;
  private final List<CompletableFuture<?>> all = new ArrayList<>();
  private volatile boolean stopped;

  /** By number. */
  private final Map<Integer, Position> acked = new ConcurrentSkipListMap<>();

  private final Set<Integer> refused = ConcurrentHashMap.newKeySet();
  private final Set<Integer> unknown = ConcurrentHashMap.newKeySet();

  /** By number, when it was acknowledged. */
  private final Map<Integer, Long> ackedNanos = new ConcurrentHashMap<>();

  private PublishLoad(int perSecond, TestNode... nodes) {
    this.nodes = nodes;
    this.thread = new Thread(() -> publish(perSecond), "load");
  }

  static PublishLoad start(int perSecond, TestNode... nodes) {
    PublishLoad load = new PublishLoad(perSecond, nodes);
    load.thread.start();
    return load;
  }

  /** A client that is told of it. */
  static RecordingClient reader(TestNode node, String subject) {
    RecordingClient client = node.client(subject);
    client.subscribe(CHANNEL);
    return client;
  }

  private void publish(int perSecond) {
    long began = System.nanoTime();
    for (int n = 0; !stopped; n++) {
      int number = n;
      all.add(
          publish(nodes[n % nodes.length], n)
              .handle(
                  (position, failure) -> {
                    note(number, position, failure);
                    return null;
                  }));
      LockSupport.parkNanos(
          began + (n + 1) * TimeUnit.SECONDS.toNanos(1) / perSecond - System.nanoTime());
    }
  }

  private static CompletableFuture<Position> publish(TestNode node, int number) {
    return node.channels()
        .publish(CHANNEL, "chat.message", Map.of("n", number))
        .toCompletableFuture();
  }

  private void note(int number, Position position, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause == null) {
      acked.put(number, position);
      ackedNanos.put(number, System.nanoTime());
    } else if (cause instanceof PublishFailedException known) {
      (known.isCertain() ? refused : unknown).add(number);
    } else {
      throw new AssertionError(cause);
    }
  }

  /** Ends it, and waits for the last outcome. */
  PublishLoad stop() throws Exception {
    stopped = true;
    thread.join();
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
    assertThat(acked.size() + refused.size() + unknown.size())
        .as("everybody learns of each publish")
        .isEqualTo(all.size());
    return this;
  }

  int acked() {
    return acked.size();
  }

  int refused() {
    return refused.size();
  }

  int unknown() {
    return unknown.size();
  }

  /** How long after that moment something of a server was acknowledged for the first time. */
  Duration firstAfter(long nanos, TestNode node) {
    return Duration.ofNanos(
        ackedNanos.entrySet().stream()
            .filter(one -> nodes[one.getKey() % nodes.length] == node)
            .mapToLong(one -> one.getValue() - nanos)
            .filter(ns -> ns > 0)
            .min()
            .orElseThrow());
  }

  /** What one client got, by epoch and position. */
  record Got(Map<String, TreeMap<Long, Integer>> byEpoch, List<Frame> resyncs) {}

  /**
   * Reads what has come, up to a mark that is published now. Numbers must grow, and nothing else
   * may come but resyncs.
   *
   * @param epoch of the client's subscription
   */
  Got read(RecordingClient client, String epoch) throws Exception {
    publish(nodes[0], MARK).get(10, TimeUnit.SECONDS);
    Map<String, TreeMap<Long, Integer>> byEpoch = new TreeMap<>();
    List<Frame> resyncs = new ArrayList<>();
    String now = epoch;
    while (true) {
      Event event = client.nextEvent(Duration.ofSeconds(10));
      assertThat(event).as("the connection stays").isInstanceOf(Frame.class);
      Frame frame = (Frame) event;
      if (frame.type().equals("resume")) {
        resyncs.add(frame);
        now = frame.data().path("epoch").asText();
        continue;
      }
      assertThat(frame.type()).as(frame.json().toString()).isEqualTo("chat.message");
      int number = frame.data().path("n").asInt();
      if (number == MARK) {
        return new Got(byEpoch, resyncs);
      }
      TreeMap<Long, Integer> here = byEpoch.computeIfAbsent(now, one -> new TreeMap<>());
      assertThat(here.isEmpty() || here.lastKey() < frame.seq()).as("in order, once").isTrue();
      here.put(frame.seq(), number);
    }
  }

  /** Each that was acknowledged came once at its place, none that was refused, in this epoch. */
  void requireAll(Got got, String epoch) {
    Map<Long, Integer> here = got.byEpoch.getOrDefault(epoch, new TreeMap<>());
    // What a resync has gone past is not sent: the client loads it.
    long from =
        got.resyncs.stream()
            .filter(one -> one.data().path("epoch").asText().equals(epoch))
            .mapToLong(one -> one.data().path("seq").asLong())
            .max()
            .orElse(0);
    Map<Long, Integer> expected =
        acked.entrySet().stream()
            .filter(one -> one.getValue().epoch().equals(epoch))
            .filter(one -> one.getValue().seq() > from)
            .collect(Collectors.toMap(one -> one.getValue().seq(), Map.Entry::getKey));
    assertThat(here).containsAllEntriesOf(expected);
    assertThat(here.values()).noneMatch(refused::contains);
    // What is more than that nobody was promised, and nobody was refused.
    assertThat(unknown)
        .containsAll(here.values().stream().filter(n -> !expected.containsValue(n)).toList());
  }
}
