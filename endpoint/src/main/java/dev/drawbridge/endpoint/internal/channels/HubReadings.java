package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.EngineInfo;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.log.Appender;
import dev.drawbridge.endpoint.internal.channels.log.ChannelFigures;
import dev.drawbridge.endpoint.internal.channels.log.ChannelLog;
import dev.drawbridge.endpoint.internal.channels.log.Tail;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.presence.Places;
import dev.drawbridge.endpoint.internal.channels.presence.Presence;
import dev.drawbridge.endpoint.internal.channels.presence.Servers;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriptions;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Reads what the parts of one hub know. Thread-safe. */
public final class HubReadings implements ChannelReadings {
  /** An engine is slow when its log is further ahead than this: {@value} entries. */
  static final long MAX_BEHIND = 1_000;

  /** An engine is slow when an append takes longer to come back than this: {@value} ms. */
  static final long MAX_LAG_MS = 1_000;

  /** How long the tail may take to say who is subscribed to what: {@value} ms. */
  private static final long LOOK_MS = 200;

  private final ClusterEngine engine;
  private final Node node;
  private final ChannelConfig config;
  private final Rules rules;
  private final ChannelFigures figures;
  private final ChannelLog log;
  private final Appender appender;
  private final Tail tail;
  private final Presence presence;
  private final Places places;
  private final Servers servers;
  private volatile List<ChannelSource> sources = List.of();

  HubReadings(
      ClusterEngine engine,
      Node node,
      ChannelConfig config,
      Rules rules,
      ChannelFigures figures,
      ChannelLog log,
      Appender appender,
      Tail tail,
      Presence presence,
      Places places,
      Servers servers) {
    this.engine = engine;
    this.node = node;
    this.config = config;
    this.rules = rules;
    this.figures = figures;
    this.log = log;
    this.appender = appender;
    this.tail = tail;
    this.presence = presence;
    this.places = places;
    this.servers = servers;
  }

  /** This server and those of its deployment, as far as it knows them. */
  public List<Servers.Server> servers() {
    return servers.list();
  }

  /** The places of users, where they count on all nodes. */
  public Places places() {
    return places;
  }

  /** What brings messages from elsewhere; called once, before it starts. */
  public void sources(List<ChannelSource> all) {
    sources = List.copyOf(all);
  }

  @Override
  public List<ChannelSource.State> sources() {
    return sources.stream().map(ChannelSource::state).toList();
  }

  /** One word for operators: {@code none} where the log is this server's memory. */
  public String cluster() {
    return isAlone() ? "none" : state().name().toLowerCase(Locale.ROOT);
  }

  /** True where the log is this server's memory. */
  public boolean isAlone() {
    return engine.name().equals(MemoryEngine.NAME);
  }

  /** How the engine is doing, as it says itself and as this server sees it. */
  public EngineHealth.State state() {
    EngineHealth health = engine.health();
    boolean slow = health.lagMillis() > MAX_LAG_MS || behind() > MAX_BEHIND;
    return health.state() == EngineHealth.State.UP && slow
        ? EngineHealth.State.BEHIND
        : health.state();
  }

  /** What the engine runs on. */
  public EngineInfo describe() {
    return engine.describe();
  }

  /** This server, as the engine knows it. */
  public Node node() {
    return node;
  }

  /** Servers whose leases have not ended, this one included. */
  public int nodes() {
    return engine.roster().nodes();
  }

  /** The limits. */
  public ChannelConfig config() {
    return config;
  }

  /** The prefixes that have a rule. */
  public Iterable<String> prefixes() {
    return rules.prefixes();
  }

  /** Counts, and what has happened lately. */
  public ChannelFigures figures() {
    return figures;
  }

  /** Where this server's tail is; null while the log is not open. */
  public @Nullable Position position() {
    return log.position();
  }

  /** What can be replayed. */
  public ChannelLog.WindowState window() {
    return log.windowState();
  }

  /** Publishes that wait for the engine or for the tail. */
  public int waiting() {
    return appender.pending();
  }

  /** How far the engine's clock is ahead of this server's; 0 as long as both may be right. */
  public long clockAheadMillis() {
    return appender.clockAheadMillis();
  }

  /**
   * What connections are subscribed to, by their ids, in the words of their clients. Waits for the
   * tail, which alone knows, for at most {@value #LOOK_MS} ms; then nothing is known.
   */
  public Map<String, List<String>> channelsOf(Collection<? extends Subscriber> connections) {
    if (connections.stream().noneMatch(Subscriber::usesChannels)) {
      // The tail may not have begun, and a look must not begin it.
      Map<String, List<String>> none = new HashMap<>();
      connections.forEach(one -> none.put(one.connectionId(), List.of()));
      return none;
    }
    CompletableFuture<Map<String, List<String>>> answer = new CompletableFuture<>();
    tail.post(
        () -> {
          Map<String, List<String>> all = new HashMap<>();
          for (Subscriber one : connections) {
            all.put(
                one.connectionId(),
                Subscriptions.names(one).stream().map(ChannelNames::onWire).sorted().toList());
          }
          answer.complete(all);
        });
    try {
      return answer.get(LOOK_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Map.of();
    } catch (ExecutionException | TimeoutException e) {
      return Map.of();
    }
  }

  @Override
  public int channels() {
    return log.subscriptions().channels();
  }

  @Override
  public int subscriptions() {
    return log.subscriptions().count();
  }

  @Override
  public long publishes(Publish outcome) {
    return figures.publishes(outcome);
  }

  @Override
  public long deliveries() {
    return figures.deliveries.sum();
  }

  @Override
  public long resumes(Resume outcome) {
    return figures.resumes(outcome);
  }

  @Override
  public long replayed() {
    return figures.replayed.sum();
  }

  @Override
  public EngineHealth health() {
    return engine.health();
  }

  @Override
  public long behind() {
    Head head = engine.health().head();
    Position position = log.position();
    if (head == null || position == null || !head.epoch().equals(position.epoch())) {
      return 0;
    }
    return Math.max(0, head.top() - position.seq());
  }

  @Override
  public long resets(ResetReason reason) {
    return figures.resets(reason);
  }

  @Override
  public int windowEntries() {
    return log.windowState().entries();
  }

  @Override
  public long windowBytes() {
    return log.windowState().bytes();
  }

  @Override
  public int presenceMembers() {
    return presence.members();
  }

  @Override
  public long presenceReaped() {
    return engine.roster().reaped();
  }
}
