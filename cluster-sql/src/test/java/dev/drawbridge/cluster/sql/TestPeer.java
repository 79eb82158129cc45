package dev.drawbridge.cluster.sql;

import static dev.drawbridge.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.drawbridge.db.Database;
import dev.drawbridge.endpoint.cluster.ClusterConfig;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A node with what its sink got. */
final class TestPeer implements ClusterEngine.Sink, AutoCloseable {
  final SqlEngine engine;
  final Node node;
  final List<String> texts = new CopyOnWriteArrayList<>();
  final List<ResetReason> resets = new CopyOnWriteArrayList<>();
  private final List<Database> more = new ArrayList<>();
  private volatile @Nullable Position position;
  private long numbers;

  private TestPeer(String id, SqlEngine engine, Duration window, int entries) {
    this.engine = engine;
    this.node = new Node(id, "contract", window, entries, 200);
    engine.start(node, this);
  }

  /** One that has the log open. */
  static TestPeer up(String id, String url, String user) {
    TestPeer peer = start(id, url, user);
    peer.awaitUp();
    return peer;
  }

  static TestPeer start(String id, String url, String user) {
    return start(id, SqlDatabase.handle(url, user), Duration.ofMinutes(5), 20_000);
  }

  static TestPeer start(String id, Database database, Duration window, int entries) {
    TestPeer peer =
        new TestPeer(
            id,
            new SqlEngine(
                new SqlServer(database, ClusterConfig.builder("sql", "contract").build())),
            window,
            entries);
    peer.more.add(database);
    return peer;
  }

  /** One of an engine that the caller has made. */
  static TestPeer of(String id, SqlEngine engine) {
    return new TestPeer(id, engine, Duration.ofMinutes(5), 20_000);
  }

  void awaitUp() {
    eventually(node.id() + " is up", () -> isUp() && position != null);
  }

  boolean isUp() {
    return engine.health().state() == EngineHealth.State.UP;
  }

  boolean isDown() {
    return engine.health().state() == EngineHealth.State.DOWN;
  }

  String reason() {
    return String.valueOf(engine.health().reason());
  }

  @Override
  public void entry(Entry entry) {
    texts.add(entry.text());
    position = new Position(entry.epoch(), entry.seq());
  }

  @Override
  public void reset(Head head, ResetReason reason) {
    resets.add(reason);
    position = new Position(head.epoch(), head.start());
  }

  Position position() {
    Position now = position;
    if (now == null) {
      throw new AssertionError("the log is not open");
    }
    return now;
  }

  /** A draft with the next number of this node, for where it stands now. */
  Entry draft(String text) {
    return draft(text, ++numbers);
  }

  Entry draft(String text, long n) {
    return Entry.message("room:1", "chat.message", text(text), null).from(position(), node.id(), n);
  }

  static String text(String text) {
    return "{\"seq\":,\"data\":\"" + text + "\"}";
  }

  void append(Entry... batch) throws EngineException {
    engine.append(List.of(batch));
  }

  /** Waits until this has come as often as that. */
  void awaitTexts(String... all) {
    List<String> wanted = Arrays.stream(all).map(TestPeer::text).toList();
    eventually(
        node.id() + " has " + wanted + ", not " + texts, () -> texts.size() >= wanted.size());
    assertThat(texts).isEqualTo(wanted);
  }

  @Override
  public void close() {
    engine.close();
    more.forEach(Database::close);
  }
}
