package dev.drawbridge.endpoint.internal.channels;

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
import dev.drawbridge.endpoint.internal.channels.log.Control;
import dev.drawbridge.endpoint.internal.channels.log.ControlNumbers;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import dev.drawbridge.endpoint.internal.channels.log.Tail;
import dev.drawbridge.endpoint.internal.channels.presence.Presence;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelFrames;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that the endpoint and applications ask of channels. Thread-safe. What may block says so and
 * runs on the caller's thread.
 */
public final class ChannelHub {
  private static final Logger log = LoggerFactory.getLogger(ChannelHub.class);

  /** Lists of members that are told again while the engine is away. */
  private static final int REMEMBERED_LISTS = 256;

  private static final long JOIN_MS = 2_000;
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
     * @param text one sentence for people, null for the code's own
     */
    void refused(ChannelCode code, @Nullable String text);

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

  /** Whether the threads run. */
  private enum Phase {
    NEW,
    /** Started, but nobody has used it. */
    IDLE,
    RUNNING,
    STOPPED
  }

  private static final Published NOBODY =
      new Published() {
        @Override
        public void at(Position position) {
          // Nobody waits.
        }

        @Override
        public void failed(PublishFailure failure) {
          // Nobody waits.
        }
      };

  /** A frame that asks for channels, before its rights are known. */
  private record Request(
      Subscriber subscriber,
      String id,
      boolean resume,
      Map<String, Wanted> wanted,
      boolean presence,
      long askedNanos,
      Reply reply) {}

  private final ChannelConfig config;
  private final ClusterEngine engine;
  private final Node node;
  private final Rules rules;
  private final Executor pool;
  private final Effects effects;
  private final ControlNumbers numbers = new ControlNumbers();
  private final ChannelFigures figures = new ChannelFigures();
  private final EndpointMetrics meters;
  private final HubReadings readings;
  private final ChannelLog channels;
  private final Appender appender;
  private final Tail tail;
  private final Presence presence;
  private final Recheck recheck;

  /** Guarded by itself. */
  private final List<Thread> threads = new ArrayList<>();

  /** Changed with {@link #threads} locked. */
  private volatile Phase phase = Phase.NEW;

  /** Guarded by itself. */
  private final Map<String, Members> lists =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Members> eldest) {
          return size() > REMEMBERED_LISTS;
        }
      };

  /**
   * A hub that has not started.
   *
   * @param pool runs what may block, when it has to be asked again
   * @param encoder makes a frame of a type and its text
   * @param meters told how long publishes take
   */
  public ChannelHub(
      ChannelConfig config,
      ClusterEngine engine,
      Node node,
      Rules rules,
      Executor pool,
      Effects effects,
      BiFunction<String, String, EncodedMessage> encoder,
      EndpointMetrics meters) {
    this.config = config;
    this.meters = meters;
    this.engine = engine;
    this.node = node;
    this.rules = rules;
    this.pool = pool;
    this.effects = effects;
    this.presence =
        new Presence(
            engine,
            node.id(),
            config.presenceLinger().toNanos(),
            System::currentTimeMillis,
            figures);
    this.channels =
        new ChannelLog(
            config, engine, node.id(), numbers, figures, presence, new FromOtherNodes(), encoder);
    this.appender = new Appender(engine, node.id(), config.publishQueue(), channels::position);
    channels.appender(appender);
    this.tail = new Tail(channels, appender);
    this.recheck = new Recheck(rules, pool, tail, channels);
    this.readings =
        new HubReadings(engine, node, config, rules, figures, channels, appender, tail, presence);
  }

  /**
   * Begins to tail, on threads of its own. Where nobody has a rule for channels and no other node
   * is there, they wait for the first use.
   */
  public void start() {
    thread("tail", tail::run);
    thread("writer", appender::run);
    thread("roster", presence::run);
    engine.start(node, tail);
    phase = Phase.IDLE;
    if (!rules.isEmpty() || engine.hasOthers()) {
      begin();
    } else {
      // The log of memory is open after this.
      tail.work(System.nanoTime());
      tail.onPost(this::begin);
    }
  }

  /** Starts the threads, if that has to be done. */
  private void begin() {
    if (phase == Phase.IDLE) {
      synchronized (threads) {
        if (phase == Phase.IDLE) {
          phase = Phase.RUNNING;
          tail.onPost(null);
          threads.forEach(Thread::start);
        }
      }
    }
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

  private void thread(String name, Runnable life) {
    Thread thread = new Thread(life, "drawbridge-channels-" + name);
    thread.setDaemon(true);
    threads.add(thread);
  }

  /** For tests of this package: everything is done by {@link #step} alone. */
  void startStepped() {
    phase = Phase.RUNNING;
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
    synchronized (threads) {
      phase = Phase.STOPPED;
      tail.onPost(null);
    }
    appender.stop();
    presence.stop();
    tail.stop();
    engine.close();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_MS);
    for (Thread thread : threads) {
      try {
        thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime())));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
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
    if (distinct.size() > config.channelsPerConnection()) {
      // Before the authoriser is asked.
      if (resume) {
        figures.count(Resume.TOO_MANY_CHANNELS);
      }
      reply.refused(ChannelCode.TOO_MANY_CHANNELS, ChannelLog.tooMany(config, distinct.size()));
      return;
    }
    subscriber.useChannels();
    ask(new Request(subscriber, id, resume, distinct, watch, System.nanoTime(), reply));
  }

  private void ask(Request request) {
    try {
      Registration registration = authorised(request);
      tail.post(() -> channels.register(registration, System.nanoTime()));
    } catch (Exception | Error e) {
      request.reply.failed(e);
    }
  }

  private Registration authorised(Request request) throws Exception {
    Subscriber subscriber = request.subscriber;
    String subject = subscriber.subject();
    // Before the question: a control entry from here on makes the answer out of date.
    long number = numbers.of(subject);
    Map<String, ChannelCode> refused = new LinkedHashMap<>();
    Map<Rule, List<String>> byRule = new LinkedHashMap<>();
    Set<String> allowed = new HashSet<>();
    for (String name : request.wanted.keySet()) {
      Rule rule = rules.find(name);
      if (!ChannelNames.isValid(name)) {
        refused.put(name, ChannelCode.CHANNEL_INVALID);
      } else if (name.equals(ChannelNames.OWN)) {
        allowed.add(name);
      } else if (rule == null) {
        figures.withoutRule(name);
        refused.put(name, ChannelCode.CHANNEL_UNKNOWN);
      } else {
        byRule.computeIfAbsent(rule, one -> new ArrayList<>()).add(name);
      }
    }
    Set<String> watched = new HashSet<>();
    Set<String> members = new HashSet<>();
    for (Map.Entry<Rule, List<String>> one : byRule.entrySet()) {
      Rule rule = one.getKey();
      List<String> granted = granted(rule, subscriber, Rule.Action.SUBSCRIBE, one.getValue());
      allowed.addAll(granted);
      if (rule.hasPresence() && !granted.isEmpty()) {
        members.addAll(granted);
        if (request.presence) {
          watched.addAll(granted(rule, subscriber, Rule.Action.PRESENCE, granted));
        }
      }
    }
    List<String> inOrder = request.wanted.keySet().stream().filter(allowed::contains).toList();
    List<Registration.Refused> no = new ArrayList<>();
    Map<String, Position> positions = new HashMap<>();
    for (Wanted one : request.wanted.values()) {
      if (!allowed.contains(one.channel())) {
        no.add(
            new Registration.Refused(
                one.channel(), refused.getOrDefault(one.channel(), ChannelCode.CHANNEL_FORBIDDEN)));
      } else if (one.from() != null) {
        positions.put(ChannelNames.inLog(one.channel(), subject), one.from());
      }
    }
    return new Registration(
        subscriber,
        request.id,
        request.resume,
        inOrder,
        no,
        positions,
        watched,
        members,
        number,
        request.askedNanos,
        answer(request));
  }

  /** Those of the channels that the authoriser names; what nobody has asked for does not count. */
  static List<String> granted(
      Rule rule, Subscriber subscriber, Rule.Action action, List<String> channels)
      throws Exception {
    Set<String> answer = rule.allowed(subscriber, action, List.copyOf(channels));
    return channels.stream().filter(answer::contains).toList();
  }

  private Registration.Answer answer(Request request) {
    return new Registration.Answer() {
      @Override
      public boolean claim() {
        return request.reply.claim();
      }

      @Override
      public void done() {
        request.reply.done();
      }

      @Override
      public void again() {
        pool.execute(() -> ask(request));
      }

      @Override
      public void refused(ChannelCode code, @Nullable String text) {
        request.reply.refused(code, text);
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
      Rule rule = rules.find(channel);
      if (!ChannelNames.isValid(channel)) {
        reply.refused(ChannelCode.CHANNEL_INVALID, null);
      } else if (rule == null) {
        figures.withoutRule(channel);
        reply.refused(ChannelCode.CHANNEL_UNKNOWN, null);
      } else if (!rule.hasPresence()
          || granted(rule, subscriber, Rule.Action.PRESENCE, List.of(channel)).isEmpty()) {
        reply.refused(ChannelCode.CHANNEL_FORBIDDEN, null);
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
    if (phase == Phase.STOPPED) {
      throw new IllegalStateException("the endpoint has stopped");
    }
    try {
      Members members =
          engine.roster().members(ChannelNames.group(channel), config.presenceMembers());
      synchronized (lists) {
        lists.put(channel, members);
      }
      return members;
    } catch (EngineException e) {
      log.debug("the roster is out of reach: {}", e.getMessage());
      Members last;
      synchronized (lists) {
        last = lists.get(channel);
      }
      return last == null
          ? new Members(0, 0, List.of(), true)
          : new Members(last.seq(), last.count(), last.list(), true);
    }
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
    String inLog = key == null ? null : "u:" + subject + ":" + channel + ":" + key;
    Entry draft =
        Entry.message(
            channel, type, ChannelFrames.message(channel, type, subject, dataJson), inLog);
    long started = System.nanoTime();
    begin();
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

  /**
   * True if a user may publish in a channel. Blocks as long as the authoriser does.
   *
   * @return null when it may, else why not
   */
  public @Nullable ChannelCode mayPublish(Subscriber subscriber, String channel) throws Exception {
    if (!ChannelNames.isValid(channel)) {
      return ChannelCode.CHANNEL_INVALID;
    }
    if (channel.equals(ChannelNames.OWN)) {
      return ChannelCode.PUBLISH_FORBIDDEN;
    }
    Rule rule = rules.find(channel);
    if (rule == null) {
      figures.withoutRule(channel);
      return ChannelCode.CHANNEL_UNKNOWN;
    }
    return granted(rule, subscriber, Rule.Action.PUBLISH, List.of(channel)).isEmpty()
        ? ChannelCode.CHANNEL_FORBIDDEN
        : null;
  }

  private static ChannelCode code(PublishFailure failure) {
    return failure == PublishFailure.UNKNOWN
        ? ChannelCode.PUBLISH_UNKNOWN
        : ChannelCode.ENGINE_UNAVAILABLE;
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
    begin();
    appender.publish(draft, counted(published));
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

  /** Ends the subscriptions of a user by prefix, here at once and everywhere in its turn. */
  public void unsubscribe(String subject, String prefix, Published published) {
    Control control = new Control(Control.UNSUBSCRIBE, subject, prefix);
    // Now, so that an answer of the authoriser from before this is out of date.
    numbers.about(subject);
    tail.post(() -> channels.apply(control));
    append(control, published);
  }

  /** Closes the connections of a user, here at once and everywhere in its turn. */
  public void disconnect(String subject, String closeCode, Published published) {
    numbers.about(subject);
    effects.disconnect(subject, closeCode);
    append(new Control(Control.DISCONNECT, subject, closeCode), published);
  }

  /** True if there may be other nodes. */
  public boolean hasOthers() {
    return engine.hasOthers();
  }

  /** A connection that is not of this node gives way to one that is. */
  public void replaced(String subject, String connectionId) {
    tellOthers(new Control(Control.REPLACED, subject, connectionId));
  }

  /**
   * What this node knew of a user is out of date, so what others know is, too; null is everybody.
   */
  public void invalidated(@Nullable String subject) {
    if (subject == null) {
      numbers.aboutEverybody();
    } else {
      numbers.about(subject);
    }
    tellOthers(new Control(Control.INVALIDATE, subject, ""));
  }

  /**
   * This node has revoked tokens.
   *
   * @param subject whose, null when {@code detail} says which
   * @param detail what {@link Effects#revoked} makes something of
   */
  public void revoked(@Nullable String subject, String detail) {
    tellOthers(new Control(Control.REVOKE, subject, detail));
  }

  private void tellOthers(Control control) {
    if (engine.hasOthers()) {
      append(control, NOBODY);
    }
  }

  private void append(Control control, Published published) {
    begin();
    appender.control(
        control.draft(),
        Control.everything().draft(),
        new Appender.Outcome() {
          @Override
          public void appended(Position position, boolean repeat) {
            published.at(position);
          }

          @Override
          public void failed(PublishFailure failure) {
            published.failed(failure);
          }
        });
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

  /** Control entries that other nodes have made, and lost continuity. */
  private final class FromOtherNodes implements ChannelLog.Listener {
    @Override
    public void control(Control control) {
      switch (control.word()) {
        case Control.DISCONNECT -> effects.disconnect(subject(control), control.detail());
        case Control.REPLACED -> effects.replaced(control.detail(), subject(control));
        case Control.INVALIDATE -> effects.invalidated(control.subject());
        case Control.REVOKE -> effects.revoked(control.subject(), control.detail());
        case Control.EVERYTHING -> checkEverything();
        default -> {
          // Subscriptions are ended by the log itself; what is unknown is of a later version.
        }
      }
    }

    private static String subject(Control control) {
      return control.subject() == null ? "" : control.subject();
    }

    @Override
    public void checkEverything() {
      effects.checkEverything();
      recheck.all();
    }
  }
}
