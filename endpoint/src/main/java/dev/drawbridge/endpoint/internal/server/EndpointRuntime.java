package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.db.user.Lookup;
import dev.drawbridge.db.user.User;
import dev.drawbridge.db.user.UserDirectory;
import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.internal.EndpointConfig;
import dev.drawbridge.endpoint.internal.Limits;
import dev.drawbridge.endpoint.internal.Recent;
import dev.drawbridge.endpoint.internal.StopSteps;
import dev.drawbridge.endpoint.internal.channels.ChannelHub;
import dev.drawbridge.endpoint.internal.channels.presence.Places;
import dev.drawbridge.endpoint.internal.connection.CloseListener;
import dev.drawbridge.endpoint.internal.connection.CloseLog;
import dev.drawbridge.endpoint.internal.connection.ConnectionMonitor;
import dev.drawbridge.endpoint.internal.connection.ConnectionRegistry;
import dev.drawbridge.endpoint.internal.connection.EndpointServices;
import dev.drawbridge.endpoint.internal.connection.HeartbeatCounts;
import dev.drawbridge.endpoint.internal.connection.Place;
import dev.drawbridge.endpoint.internal.connection.Rechecks;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.receive.EndpointDefinition;
import dev.drawbridge.endpoint.internal.receive.HandlerThreads;
import dev.drawbridge.endpoint.internal.receive.ReceiveServices;
import dev.drawbridge.endpoint.internal.receive.ReceivedCounts;
import dev.drawbridge.endpoint.internal.send.Continuations;
import dev.drawbridge.endpoint.internal.send.FrameTally;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import dev.drawbridge.endpoint.internal.setup.SetUpWatch;
import dev.drawbridge.endpoint.internal.transport.SocketUpgrade;
import dev.drawbridge.endpoint.internal.transport.TransportChoice;
import dev.drawbridge.filters.jwt.authentication.HandshakeAuthenticator;
import dev.drawbridge.filters.refusal.RefusedException;
import dev.drawbridge.filters.request.RequestId;
import dev.drawbridge.filters.runtime.DrawbridgeRuntime;
import dev.drawbridge.filters.settings.ConfigurationException;
import dev.drawbridge.filters.settings.LiveSettings;
import dev.drawbridge.filters.settings.Setting;
import dev.drawbridge.filters.settings.Settings;
import jakarta.servlet.ServletContext;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What all connections of one endpoint share. Thread-safe. */
public final class EndpointRuntime implements EndpointServices {
  private static final Logger log = LoggerFactory.getLogger(EndpointRuntime.class);

  /** How long a start waits for an engine that must be there. */
  private static final Duration ENGINE_PATIENCE = Duration.ofSeconds(10);

  private final DrawbridgeRuntime runtime;

  /** What the connections to come share; those that are open keep what they were welcomed with. */
  private final LiveSettings.Part<ReceiveServices> receiving;

  private final Runnable deaf;
  private final Recent<String> texts = new Recent<>();
  private final EndpointDefinition endpoint;
  private final ProtocolFrames frames;
  private final HandlerThreads threads;
  private final Rechecks rechecks;
  private final Continuations continuations;
  private final Measurement measurement;
  private final SocketUpgrade upgrade;
  private final Admission admission;
  private final String engine;
  private final ChannelHub channels;
  private final LiveChannels publishing;
  private final List<ChannelSource> sources;
  private final SharedKnowledge knowledge;
  private final ControlEffects effects;
  private final ConnectionIndex connections;
  private final ConnectionTimer timer;
  private final CloseLog closes;
  private final SetUpWatch setUp;

  /** Null in production, as the listener below. */
  private final @Nullable FrameTally frameTally;

  private final @Nullable CloseListener closeListener;

  private volatile boolean stopped;

  /** {@link System#nanoTime}, but in a test of the moment at which it is read. */
  private volatile LongSupplier nanoTime = System::nanoTime;

  public EndpointRuntime(
      DrawbridgeRuntime runtime,
      ConnectionIndex connections,
      EndpointDefinition endpoint,
      Measurement measurement,
      SocketUpgrade upgrade,
      @Nullable CloseListener closeListener,
      ClusterEngine engine) {
    this.runtime = runtime;
    this.closes = new CloseLog(runtime.rehearses());
    this.connections = connections;
    this.endpoint = endpoint;
    this.measurement = measurement;
    this.upgrade = upgrade;
    Settings settings = runtime.settings();
    EndpointConfig config = EndpointConfig.from(settings);
    this.frames = new ProtocolFrames(endpoint.codec().mapper(), config, measurement.meters());
    ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
    this.threads = new HandlerThreads(classLoader);
    this.continuations = new Continuations(classLoader);
    this.engine = engine.name();
    this.knowledge =
        new SharedKnowledge(
            connections, runtime::users, () -> runtime.authenticator().revocations());
    this.effects = new ControlEffects(connections, knowledge);
    this.channels =
        new ChannelHub(
            config.channels(),
            engine,
            new Node(
                RequestId.next() + RequestId.next(),
                Objects.requireNonNullElse(runtime.settings().string(Setting.CLUSTER_NAME), ""),
                config.channels().window(),
                config.channels().windowMessages(),
                config.channels().presenceMembers()),
            endpoint.rules(),
            work -> {
              boolean unused = threads.execute(work);
            },
            config.handlerTimeout(),
            effects,
            frames::written,
            measurement.meters());
    channels.servers().here(ThisServer.about(runtime.clock()), connections::size);
    this.publishing = new LiveChannels(channels, frames, continuations);
    this.sources = SourceSelector.all();
    channels.readings().sources(sources);
    boolean everywhere = "cluster".equals(settings.string(Setting.CONNECTIONS_PER_USER_SCOPE));
    this.receiving =
        runtime
            .live()
            .join(
                ReceiveServices.of(
                    new Limits(config),
                    endpoint,
                    frames,
                    threads,
                    ReceivedCounts.of(measurement.meters()),
                    channels),
                settings,
                new LimitsReload(channels.places(), everywhere));
    this.admission = admission(everywhere, config.connectionsPerUser());
    ReloadSweep sweep = new ReloadSweep(runtime, connections, this::nanoTime);
    this.deaf = runtime.live().onReload(sweep::sweep);
    this.frameTally = config.mode().isDevelopment() ? new FrameTally() : null;
    this.closeListener = closeListener;
    this.setUp = new SetUpWatch(config);
    this.timer = new ConnectionTimer(config, runtime.clock(), connections);
    this.rechecks =
        new Rechecks(subjects -> users().findAllAsync(subjects, ConnectionMonitor.MAX_AGE));
    onTick(knowledge::tick);
    onTick(sweep::tick);
    onTick(this::recheck);
  }

  private void recheck() {
    try {
      rechecks.ask();
    } catch (IllegalStateException e) {
      log.debug("the web application has stopped, and its users with it", e);
    }
  }

  /** Counts users here, or in the roster where they count on all servers. */
  private Admission admission(boolean everywhere, int perUser) {
    if (!everywhere || perUser == 0) {
      return Admission.here(this::config);
    }
    Places places = channels.places();
    places.limit(perUser);
    return new Admission(
        this::config,
        new Admission.Everywhere() {
          @Override
          public @Nullable Integer take(
              String subject, String connectionId, @Nullable String replaces) {
            return places.take(subject, connectionId, replaces);
          }

          @Override
          public void release(String connectionId) {
            places.release(connectionId);
          }
        });
  }

  @Override
  public EndpointConfig config() {
    return receiving().config();
  }

  @Override
  public Limits limits() {
    return receiving().limits();
  }

  @Override
  public Recent<String> texts() {
    return texts;
  }

  public EndpointDefinition endpoint() {
    return endpoint;
  }

  @Override
  public ProtocolFrames frames() {
    return frames;
  }

  @Override
  public Continuations continuations() {
    return continuations;
  }

  @Override
  public HeartbeatCounts heartbeat() {
    return measurement.heartbeat();
  }

  @Override
  public EndpointMetrics meters() {
    return measurement.meters();
  }

  @Override
  public ReceiveServices receiving() {
    return receiving.get();
  }

  @Override
  public ChannelHub channels() {
    return channels;
  }

  /** The channels as applications use them. */
  public LiveChannels publishing() {
    return publishing;
  }

  /**
   * Admits a connection of a user, in the place of an older one if its client says which.
   *
   * @param replaces id of a connection; one that is unknown or another user's is nothing
   * @throws RefusedException with {@code too_many_connections}; the older one stays
   */
  public Place admit(String subject, String address, @Nullable String replaces) {
    ServerConnection older = connections.link(replaces, subject);
    Place place =
        admission.take(
            subject, texts.shared(address), older == null ? null : older.place(), replaces);
    if (older != null) {
      ControlEffects.replaced(older);
    } else if (replaces != null) {
      channels.orders().replaced(subject, replaces);
    }
    return place;
  }

  public Admission admission() {
    return admission;
  }

  public ConnectionIndex connections() {
    return connections;
  }

  /** Which way the next connection takes through the container. */
  public TransportChoice transport() {
    return upgrade.transport();
  }

  public Set<ServerConnection> opening() {
    return connections.opening();
  }

  public Set<ServerConnection> leaving() {
    return connections.leaving();
  }

  @Override
  public boolean isStopped() {
    return stopped;
  }

  @Override
  public CompletionStage<Lookup> findUser(String subject, Duration maxAge) {
    return users().findAsync(subject, maxAge);
  }

  @Override
  public Rechecks rechecks() {
    return rechecks;
  }

  public UserDirectory users() {
    return runtime.users();
  }

  @Override
  public boolean looksUsersUp() {
    return authenticator().looksUsersUp();
  }

  @Override
  public @Nullable User again(User present, @Nullable User found, Set<String> tokenRoles) {
    return authenticator().again(present, found, tokenRoles);
  }

  @Override
  public HandshakeAuthenticator authenticator() {
    return runtime.authenticator();
  }

  @Override
  public @Nullable FrameTally frameTally() {
    return frameTally;
  }

  @Override
  public @Nullable CloseListener closeListener() {
    return closeListener;
  }

  @Override
  public ConnectionRegistry registry() {
    return connections;
  }

  public DrawbridgeRuntime runtime() {
    return runtime;
  }

  /** What is wrong with the set-up, as far as it was seen. */
  public SetUpWatch setUp() {
    return setUp;
  }

  @Override
  public CloseLog closes() {
    return closes;
  }

  @Override
  public Clock clock() {
    return runtime.clock();
  }

  /** Has something done by the timer at each tick; it must be short and never block. */
  public void onTick(Runnable chore) {
    timer.onTick(chore);
  }

  @Override
  public long nanoTime() {
    return nanoTime.getAsLong();
  }

  /** For tests of this module. */
  public void nanoTime(LongSupplier source) {
    nanoTime = source;
  }

  /**
   * Starts the threads.
   *
   * @throws ConfigurationException if the engine of channels does not let this server in, or must
   *     be there and is not
   */
  public void start() {
    try {
      channels.start();
    } catch (IllegalStateException e) {
      throw EngineSelector.refused(
          engine
              + ": "
              + e.getMessage()
              + "; ids of nodes are random at each start, so this process is a copy of one that"
              + " runs: start it anew");
    } catch (IllegalArgumentException e) {
      throw EngineSelector.refused(engine + ": " + e.getMessage());
    }
    boolean required = "require".equals(runtime.settings().string(Setting.CLUSTER_START_MODE));
    if (required && !channels.awaitOpen(ENGINE_PATIENCE)) {
      throw EngineSelector.refused(
          Setting.CLUSTER_START_MODE.variable()
              + "=require, and the engine "
              + engine
              + " was not reached within "
              + ENGINE_PATIENCE.toSeconds()
              + " s ("
              + Objects.requireNonNullElse(channels.health().reason(), "it has said nothing yet")
              + "); check "
              + Setting.CLUSTER_URL.variable()
              + ", or set degraded");
    }
    measurement.channels(channels.readings());
    timer.start();
    if (channels.orders().concernOthers()) {
      // What changes at this server before its first connection concerns theirs.
      watchUsers();
    }
  }

  /**
   * Hears of users who change and of tokens that are revoked; called before the first connection.
   */
  public void watchUsers() {
    knowledge.watch(channels);
  }

  /** Lets developers of other servers disable users here, and enable; called in dev mode alone. */
  public void onDisabled(BiConsumer<String, Boolean> switches) {
    effects.developers(switches);
  }

  /** Lets what was kept elsewhere come into the channels; the endpoint is open by then. */
  public void startSources(ServletContext context) {
    ChannelSource.Feed feed = new LiveFeed(channels, frames, connections::isDraining);
    sources.forEach(source -> source.start(context, feed));
  }

  private void stopSources() {
    StopSteps.takeAll(
        sources.stream().map(source -> (Runnable) source::close).toArray(Runnable[]::new));
  }

  /** Ends every connection and every thread. */
  public void stop() {
    List<ServerConnection> closed = new ArrayList<>();
    StopSteps.takeAll(
        deaf,
        receiving::leave,
        knowledge::stop,
        () -> stopped = true,
        () -> closed.addAll(connections.stop()),
        () -> connections.opening().forEach(link -> link.abort("the endpoint stops")),
        upgrade::stop,
        timer::stop,
        this::stopSources,
        channels::stop,
        threads::stop,
        continuations::stop,
        // The server may go on without this application: then nobody else does.
        () -> closed.forEach(link -> link.abort("the endpoint stopped")));
  }
}
