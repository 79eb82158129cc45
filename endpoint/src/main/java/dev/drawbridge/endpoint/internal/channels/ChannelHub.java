package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ChannelSource;
import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.EngineException;
import dev.drawbridge.endpoint.cluster.EngineHealth;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Members;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.log.Appender;
import dev.drawbridge.endpoint.internal.channels.log.ChannelFigures;
import dev.drawbridge.endpoint.internal.channels.log.ChannelLog;
import dev.drawbridge.endpoint.internal.channels.log.ControlNumbers;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import dev.drawbridge.endpoint.internal.channels.log.Tail;
import dev.drawbridge.endpoint.internal.channels.memory.MemoryEngine;
import dev.drawbridge.endpoint.internal.channels.presence.Places;
import dev.drawbridge.endpoint.internal.channels.presence.Presence;
import dev.drawbridge.endpoint.internal.channels.presence.Servers;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelFrames;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.channels.subscription.Excess;
import dev.drawbridge.endpoint.internal.channels.subscription.Registration;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.message.ChannelRequest.Wanted;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Publish;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Resume;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that the endpoint and applications ask of channels. Thread-safe. What may block says so and
 * runs on the caller's thread.
 */
public final class ChannelHub {
  /** How long an application may wait for the log. */
  private static final Duration POSITION_PATIENCE = Duration.ofSeconds(2);

  /** Longer than a publish may wait, for whoever has no one else to tell it. */
  private static final long KEPT_PATIENCE_MS = 5_000;

  private static final Logger log = LoggerFactory.getLogger(ChannelHub.class);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Who waits for the answer to a frame. Called once, by any thread; nothing blocks. */
  public interface Reply {
    /** True once: who gets it sends the answer, and nobody else does. */
    boolean claim();

    /** It is answered, or nobody is left to be. */
    void done();

    /**
     * It is refused.
     *
     * @param excess of {@link ChannelCode#TOO_MANY_CHANNELS}, null for any other
     */
    void refused(ChannelCode code, @Nullable Excess excess);

    /** The application's own code has failed. */
    void failed(Throwable cause);
  }

  /** Who waits for a publish or a control entry of the application. */
  public interface Published {
    /** It is in the log. */
    void at(Position position);

    /** It is not, or nobody knows. */
    void failed(PublishFailure failure);
  }

  private final ChannelConfig config;
  private final ClusterEngine engine;
  private final Node node;
  private final Rules rules;
  private final Executor pool;
  private final ControlNumbers numbers = new ControlNumbers();
  private final ChannelFigures figures = new ChannelFigures();
  private final EndpointMetrics meters;
  private final HubReadings readings;
  private final ChannelLog channels;
  private final Appender appender;
  private final Tail tail;
  private final Places places;
  private final Presence presence;
  private final Servers servers;
  private final Recheck recheck;
  private final HubThreads threads;
  private final Rights rights;
  private final Orders orders;
  private final MemberLists lists;

  /**
   * A hub that has not started.
   *
   * @param pool runs what may block, when it has to be asked again
   * @param authoriserTimeout how long it may take when everything is checked anew
   * @param encoder makes a frame of a type and its text
   * @param meters told how long publishes take
   */
  public ChannelHub(
      ChannelConfig config,
      ClusterEngine engine,
      Node node,
      Rules rules,
      Executor pool,
      Duration authoriserTimeout,
      Effects effects,
      BiFunction<String, String, EncodedMessage> encoder,
      EndpointMetrics meters) {
    this.config = config;
    this.meters = meters;
    this.engine = engine;
    this.node = node;
    this.rules = rules;
    this.pool = pool;
    this.places = new Places(engine, node.id(), System::currentTimeMillis, effects::overLimit);
    this.servers = new Servers(node.id(), System::currentTimeMillis);
    this.presence =
        new Presence(
            engine,
            node.id(),
            config.presenceLinger().toNanos(),
            System::currentTimeMillis,
            figures,
            places,
            servers);
    this.channels =
        new ChannelLog(
            config,
            engine,
            node.id(),
            numbers,
            figures,
            presence,
            new Orders.Tailed(effects, this::recheckAll),
            encoder);
    this.appender = new Appender(engine, node.id(), config.publishQueue(), channels::position);
    channels.appender(appender);
    // Who appends to the memory holds its lock, and is the thread of the tail itself in a test.
    boolean alone = engine.name().equals(MemoryEngine.NAME);
    this.tail = new Tail(channels, appender, alone ? Integer.MAX_VALUE : Tail.MAX_ENTRIES);
    this.recheck = new Recheck(rules, pool, authoriserTimeout.toNanos(), tail, channels);
    this.threads = new HubThreads(tail, appender, presence);
    this.rights = new Rights(rules, numbers, figures);
    this.lists = new MemberLists(engine, config.presenceMembers(), channels::position);
    this.orders =
        new Orders(
            engine,
            numbers,
            effects,
            appender,
            threads,
            control -> tail.post(() -> channels.apply(control)));
    this.readings =
        new HubReadings(
            engine, node, config, rules, figures, channels, appender, tail, presence, places,
            servers);
    LongConsumer watch =
        alone ? now -> {} : new EngineWatch(engine, node.id(), readings::state)::tick;
    LongConsumer rechecked = recheck::tick;
    tail.onTick(rechecked.andThen(watch));
  }

  /** The servers of the deployment; told once of this one, before the start. */
  public Servers servers() {
    return servers;
  }

  /**
   * Begins to tail, on threads of its own. Where nobody has a rule for channels, no other node is
   * there and places do not count on all, they wait for the first use.
   */
  public void start() {
    engine.start(node, tail);
    threads.start(!rules.isEmpty() || engine.hasOthers() || places.limit() > 0);
  }

  private void recheckAll() {
    recheck.all();
  }

  /**
   * Waits until the log is open.
   *
   * @return false if it is not within that time
   */
  public boolean awaitOpen(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (position() == null && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return position() != null;
  }

  /** For tests of this package: everything is done by {@link #step} alone. */
  void startStepped() {
    engine.start(node, tail);
  }

  /** One round of each thread. */
  void step(long nowNanos) {
    tail.work(nowNanos);
    appender.work(nowNanos);
    tail.work(nowNanos);
    presence.work(nowNanos);
    tail.work(nowNanos);
  }

  Tail tail() {
    return tail;
  }

  Appender appender() {
    return appender;
  }

  ChannelLog log() {
    return channels;
  }

  Presence presence() {
    return presence;
  }

  /** Ends the threads and the engine; publishes that wait fail. */
  public void stop() {
    threads.stop();
    if (places.limit() > 0 && engine.health().state() != EngineHealth.State.DOWN) {
      // What has ended here makes room elsewhere, which the roster must be told before the end.
      threads.joinRoster();
    }
    engine.close();
    threads.join();
  }

  /**
   * Subscribes to channels. Blocks as long as the authoriser does.
   *
   * @param resume all of them go on from the one position, or none does
   * @param watch the client wants to be told who comes and goes
   */
  public void register(
      Subscriber subscriber,
      String id,
      boolean resume,
      Collection<Wanted> wanted,
      boolean watch,
      Reply reply) {
    Map<String, Wanted> distinct = new LinkedHashMap<>();
    wanted.forEach(one -> distinct.putIfAbsent(one.channel(), one));
    subscriber.useChannels();
    Rights.Request request =
        new Rights.Request(subscriber, id, resume, distinct, watch, System.nanoTime());
    List<String> possible =
        distinct.keySet().stream()
            .filter(rights::mayExist)
            .map(name -> ChannelNames.inLog(name, subscriber.subject()))
            .toList();
    if (possible.size() <= config.channelsPerConnection()) {
      ask(request, reply);
    } else {
      // What is held the tail alone knows; the authoriser is not asked for more than the limit.
      tail.post(() -> askUnlessTooMany(request, possible, reply));
    }
  }

  private void askUnlessTooMany(Rights.Request request, List<String> possible, Reply reply) {
    Excess excess = channels.excess(request.subscriber(), possible, false);
    if (excess == null) {
      pool.execute(() -> ask(request, reply));
      return;
    }
    if (request.resume()) {
      figures.count(Resume.TOO_MANY_CHANNELS);
    }
    reply.refused(ChannelCode.TOO_MANY_CHANNELS, excess);
  }

  private void ask(Rights.Request request, Reply reply) {
    try {
      Registration registration = rights.registration(request, answer(request, reply));
      tail.post(() -> channels.register(registration, System.nanoTime()));
    } catch (Exception | Error e) {
      reply.failed(e);
    }
  }

  private Registration.Answer answer(Rights.Request request, Reply reply) {
    return new Registration.Answer() {
      @Override
      public boolean claim() {
        return reply.claim();
      }

      @Override
      public void done() {
        reply.done();
      }

      @Override
      public void again() {
        pool.execute(() -> ask(request, reply));
      }

      @Override
      public void refused(ChannelCode code, @Nullable Excess excess) {
        reply.refused(code, excess);
      }
    };
  }

  /**
   * Ends subscriptions. Nothing of these channels follows the answer.
   *
   * @param id of the frame, null when nobody waits for an answer
   */
  public void unsubscribe(
      Subscriber subscriber, @Nullable String id, Collection<String> names, Reply reply) {
    String subject = subscriber.subject();
    List<String> inLog =
        names.stream()
            .distinct()
            .filter(ChannelNames::isValid)
            .map(name -> ChannelNames.inLog(name, subject))
            .toList();
    tail.post(
        () -> {
          channels.unsubscribe(subscriber, inLog);
          if (id != null && reply.claim()) {
            subscriber.send("ack", ChannelFrames.done(id));
          }
          reply.done();
        });
  }

  /** Tells who is in a channel. Blocks as long as the authoriser and the roster do. */
  public void members(Subscriber subscriber, String id, String channel, Reply reply) {
    try {
      ChannelCode no = rights.maySee(subscriber, channel);
      if (no != null) {
        reply.refused(no, null);
      } else {
        Members members = members(channel);
        if (reply.claim()) {
          subscriber.send("ack", ChannelFrames.members(id, members));
        }
        reply.done();
      }
    } catch (Exception | Error e) {
      reply.failed(e);
    }
  }

  /**
   * Who is in a channel; what was last known while the engine is away. Blocks.
   *
   * @throws IllegalStateException if this node has ended
   */
  public Members members(String channel) {
    if (threads.isStopped()) {
      throw new IllegalStateException("the endpoint has stopped");
    }
    return lists.members(channel);
  }

  /**
   * What a client publishes, which the rule has taken already. Blocks as long as the authoriser
   * does, and not for the log.
   *
   * @param id of the frame, null when nobody waits for an answer
   * @param dataJson null for none
   * @param key of the client, null for none
   */
  public void publish(
      Subscriber subscriber,
      @Nullable String id,
      String channel,
      String type,
      @Nullable String dataJson,
      @Nullable String key,
      Reply reply) {
    String subject = subscriber.subject();
    String inLog = key == null ? null : key(subject, channel, key);
    Entry draft =
        Entry.message(
            channel, type, ChannelFrames.message(channel, type, subject, dataJson), inLog);
    long started = System.nanoTime();
    threads.begin();
    appender.publish(
        draft,
        new Appender.Outcome() {
          @Override
          public void appended(Position position, boolean repeat) {
            count(repeat, started);
            if (id != null && reply.claim()) {
              subscriber.send("ack", ChannelFrames.published(id, position, repeat));
            }
            reply.done();
          }

          @Override
          public void failed(PublishFailure failure) {
            count(failure);
            reply.refused(code(failure), null);
          }
        });
  }

  /** Of which parts it is made is told by their lengths: each may hold any of the others' signs. */
  private static String key(String subject, String channel, String key) {
    return "u:"
        + subject.length()
        + ":"
        + subject
        + ":"
        + channel.length()
        + ":"
        + channel
        + ":"
        + key;
  }

  /**
   * True if a user may publish in a channel. Blocks as long as the authoriser does.
   *
   * @return null when it may, else why not
   */
  public @Nullable ChannelCode mayPublish(Subscriber subscriber, String channel) throws Exception {
    return rights.mayPublish(subscriber, channel);
  }

  private static ChannelCode code(PublishFailure failure) {
    return switch (failure) {
      case UNKNOWN -> ChannelCode.PUBLISH_UNKNOWN;
      case FULL -> ChannelCode.PUBLISH_QUEUE_FULL;
      case UNAVAILABLE, STOPPED -> ChannelCode.ENGINE_UNAVAILABLE;
    };
  }

  private void count(boolean repeat, long startedNanos) {
    figures.count(repeat ? Publish.DUPLICATE : Publish.OK);
    meters.published(startedNanos);
  }

  private void count(PublishFailure failure) {
    figures.count(
        failure == PublishFailure.UNKNOWN ? Publish.PUBLISH_UNKNOWN : Publish.ENGINE_UNAVAILABLE);
  }

  /**
   * What the application publishes. Does not block.
   *
   * @param channel a valid name, or that of a user's own one
   * @param dataJson null for none
   * @throws IllegalArgumentException if it is larger than an entry may be
   */
  public void publish(String channel, String type, @Nullable String dataJson, Published published) {
    Entry draft =
        Entry.message(channel, type, ChannelFrames.message(channel, type, null, dataJson), null);
    threads.begin();
    appender.publish(draft, counted(published));
  }

  /**
   * Appends messages that were kept elsewhere, in order; each is appended once, however often it is
   * brought. Blocks until all are settled, for a few seconds at most.
   *
   * @param batch of names, types and data that are in order
   * @return the keys of those that are in the log; of the others nobody knows
   */
  public Set<String> publishKept(List<ChannelSource.Message> batch) {
    Set<String> appended = ConcurrentHashMap.newKeySet();
    int most = Math.min(ClusterEngine.MAX_BATCH, config.publishQueue());
    threads.begin();
    // One time for all of its parts: whoever brings them holds something that ends.
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(KEPT_PATIENCE_MS);
    for (int from = 0; from < batch.size() && System.nanoTime() - deadline < 0; from += most) {
      List<ChannelSource.Message> part = batch.subList(from, Math.min(batch.size(), from + most));
      publishKept(part, appended, deadline - System.nanoTime());
      if (!part.stream().allMatch(one -> appended.contains(one.key()))) {
        // What follows must not come before what is missing.
        break;
      }
    }
    return appended;
  }

  private void publishKept(
      List<ChannelSource.Message> part, Set<String> appended, long patienceNanos) {
    CountDownLatch open = new CountDownLatch(part.size());
    List<Entry> drafts = new ArrayList<>();
    List<Appender.Outcome> outcomes = new ArrayList<>();
    for (ChannelSource.Message one : part) {
      drafts.add(
          Entry.message(
              one.channel(),
              one.type(),
              ChannelFrames.message(one.channel(), one.type(), null, one.data()),
              one.key()));
      outcomes.add(
          counted(
              new Published() {
                @Override
                public void at(Position position) {
                  appended.add(one.key());
                  open.countDown();
                }

                @Override
                public void failed(PublishFailure failure) {
                  open.countDown();
                }
              }));
    }
    appender.publish(drafts, outcomes);
    try {
      boolean unused = open.await(patienceNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Why a message cannot be published in a channel of the log: the rule, then the value.
   *
   * @param dataJson of any length
   * @return null when it can
   */
  public @Nullable String refusal(String channel, String type, @Nullable String dataJson) {
    boolean own = channel.startsWith(ChannelNames.OWN);
    if (own && (channel.length() == 1 || channel.length() > Entry.MAX_CHANNEL)) {
      return "a user's own channel must be ~ and a subject, at most "
          + Entry.MAX_CHANNEL
          + " characters: "
          + channel;
    }
    if (!own && !ChannelNames.isValid(channel)) {
      return ChannelNames.RULE + ": " + channel;
    }
    if (!own && rules.find(channel) == null) {
      return "a channel must have a rule, else nobody can subscribe to it: "
          + channel
          + " (there are rules for: "
          + String.join(", ", rules.prefixes())
          + ")";
    }
    int length =
        ChannelFrames.message(channel, type, null, "").length()
            + (dataJson == null ? 0 : dataJson.length());
    return length > Entry.MAX_TEXT
        ? "a message must have at most " + Entry.MAX_TEXT + " characters as a frame: " + length
        : null;
  }

  /** False where what is published reaches the connections of this server alone. */
  public boolean hasOthers() {
    return engine.hasOthers();
  }

  /** Keys that no server brings again. */
  public void forget(List<String> keys) {
    try {
      engine.forget(keys);
    } catch (EngineException e) {
      log.debug("the engine did not forget {} keys: {}", keys.size(), e.getMessage());
    }
  }

  private Appender.Outcome counted(Published published) {
    long started = System.nanoTime();
    return new Appender.Outcome() {
      @Override
      public void appended(Position position, boolean repeat) {
        count(repeat, started);
        published.at(position);
      }

      @Override
      public void failed(PublishFailure failure) {
        count(failure);
        published.failed(failure);
      }
    };
  }

  /** The places of users, where they count on all nodes. */
  public Places places() {
    return places;
  }

  /** What the application orders for users, on all nodes. */
  public Orders orders() {
    return orders;
  }

  /**
   * The roles of a connection's user have changed, and are known to it by now: all that it is
   * subscribed to is asked for again.
   */
  public void rolesChanged(Subscriber subscriber) {
    if (subscriber.usesChannels()) {
      // An answer of the authoriser from before this is out of date.
      numbers.about(subscriber.subject());
      tail.post(() -> recheck.one(subscriber));
    }
  }

  /** A connection has ended; it says so itself by then. */
  public void left(Subscriber subscriber) {
    // Who asks only now finds that it is over.
    if (subscriber.usesChannels()) {
      tail.post(() -> channels.left(subscriber));
    }
  }

  /** Sends a ping, with a position if the client has use for it. */
  public void ping(Subscriber subscriber) {
    if (subscriber.usesChannels()) {
      tail.post(() -> channels.ping(subscriber));
    } else {
      subscriber.ping(-1);
    }
  }

  /** Where the log is; null while it is not open. */
  public @Nullable Position position() {
    return channels.position();
  }

  /**
   * The same, for applications. Blocks for up to 2 s.
   *
   * @throws IllegalStateException if it is not open by then, or this node has ended
   */
  public Position requirePosition() {
    boolean open = !threads.isStopped() && awaitOpen(POSITION_PATIENCE);
    if (threads.isStopped()) {
      throw new IllegalStateException("the endpoint has stopped");
    }
    Position now = open ? position() : null;
    if (now == null) {
      throw new IllegalStateException(
          "the log of the channels is not open: what carries channels is out of reach");
    }
    return now;
  }

  public EngineHealth health() {
    return engine.health();
  }

  /** What was done so far. */
  public ChannelFigures figures() {
    return figures;
  }

  /** Subscriptions of all connections. */
  public int subscriptions() {
    return readings.subscriptions();
  }

  /** What is read from all parts of it. */
  public HubReadings readings() {
    return readings;
  }
}
