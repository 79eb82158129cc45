package dev.drawbridge.endpoint.internal.channels.log;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Entry;
import dev.drawbridge.endpoint.cluster.Head;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.cluster.ResetReason;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelFrames;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelNames;
import dev.drawbridge.endpoint.internal.channels.subscription.Excess;
import dev.drawbridge.endpoint.internal.channels.subscription.Frame;
import dev.drawbridge.endpoint.internal.channels.subscription.Registration;
import dev.drawbridge.endpoint.internal.channels.subscription.Resync;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriptions;
import dev.drawbridge.endpoint.internal.metrics.ChannelReadings.Resume;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log as this node has it: what is tailed goes into the window and to the subscribers, and who
 * subscribes gets a position and what it has missed. Owned by the tail thread, but for {@link
 * #position()}.
 *
 * <p>Because one thread does all of it, nothing lies between a position and the subscription that
 * begins there.
 */
public final class ChannelLog {
  private static final Logger log = LoggerFactory.getLogger(ChannelLog.class);

  /** How long a client ahead of this node, or of another epoch, waits: {@value} ms. */
  static final long BEHIND_MS = 2_000;

  private static final long BEHIND_NANOS = TimeUnit.MILLISECONDS.toNanos(BEHIND_MS);
  private static final long FORGET_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MIN_SPREAD_MS = 500;
  private static final long MAX_SPREAD_MS = 30_000;
  private static final long CONNECTIONS_PER_SPREAD_MS = 5;

  /** What the log sets off elsewhere. Called by the tail; nothing blocks. */
  public interface Listener {
    /** A control entry that another node has appended, but for its subscriptions. */
    void control(Control control);

    /** Everything that is known of users and their rights is to be checked anew. */
    void checkEverything();
  }

  private final ChannelConfig config;
  private final ClusterEngine engine;
  private final String node;
  private final ControlNumbers numbers;
  private final ChannelFigures figures;
  private final Listener listener;
  private final BiFunction<String, String, EncodedMessage> encoder;
  private final Membership membership;
  private final Window window;
  private final Subscriptions subscriptions = new Subscriptions();

  /** Those who wait for the log. */
  private List<Registration> waiting = new ArrayList<>();

  private @Nullable Appender appender;

  /** Null before the engine is reached for the first time. */
  private @Nullable String epoch;

  private long seq;

  /** Entries up to here fill the window and go to nobody. */
  private long fillTo;

  private boolean filling;

  /** What open connections are told once the window is filled; null for nothing. */
  private @Nullable Resync untold;

  /** When the engine was told last what is not needed any more. */
  private long forgottenNanos = System.nanoTime();

  /** Null while the log is not open or is being filled. Written by the tail. */
  private volatile @Nullable Position position;

  /** Written by the tail. */
  private volatile WindowState windowState = new WindowState(0, 0, 0, 0);

  /**
   * What the window held at the last tick. Immutable.
   *
   * @param entries how many, whatever their kind
   * @param bytes of the frames of the messages among them
   * @param channels that have a message in it
   * @param oldestNanos when the oldest was tailed, by {@link System#nanoTime}; 0 when there is none
   */
  public record WindowState(int entries, long bytes, int channels, long oldestNanos) {}

  public ChannelLog(
      ChannelConfig config,
      ClusterEngine engine,
      String node,
      ControlNumbers numbers,
      ChannelFigures figures,
      Membership membership,
      Listener listener,
      BiFunction<String, String, EncodedMessage> encoder) {
    this.config = config;
    this.engine = engine;
    this.node = node;
    this.numbers = numbers;
    this.figures = figures;
    this.membership = membership;
    this.listener = listener;
    this.encoder = encoder;
    this.window =
        new Window(config.window().toNanos(), config.windowMessages(), config.windowBytes());
  }

  /** Who is told of this node's own entries. Called once, before the first entry. */
  public void appender(Appender writer) {
    appender = writer;
  }

  /** Where the tail is; null while the log is not open. Any thread. */
  public @Nullable Position position() {
    return position;
  }

  /** What the window held at the last tick. Any thread. */
  public WindowState windowState() {
    return windowState;
  }

  Window window() {
    return window;
  }

  public Subscriptions subscriptions() {
    return subscriptions;
  }

  /** The next entry of the log. */
  void entry(Entry entry, long nowNanos) {
    if (!entry.epoch().equals(epoch) || entry.seq() != seq + 1) {
      if (entry.epoch().equals(epoch) && entry.seq() <= seq) {
        log.error("the engine has handed out {} twice", entry);
        return;
      }
      log.error("the engine has left something out before {}: this node stood at {}", entry, seq);
      restart(
          new Head(entry.epoch(), entry.seq() - 1, entry.seq() - 1, "", nowNanos),
          entry.epoch().equals(epoch) ? ResetReason.TRIMMED : ResetReason.LOG_LOST);
    }
    seq = entry.seq();
    try {
      take(entry, nowNanos);
    } catch (RuntimeException | Error e) {
      log.error("an entry of the channels could not be taken: {}", entry, e);
      passOver(nowNanos);
    }
  }

  /** Whatever of the last entry was done, the window does not have it: it begins behind it. */
  private void passOver(long nowNanos) {
    if (!filling) {
      restart(new Head(Objects.requireNonNull(epoch), seq, seq, "", nowNanos), ResetReason.TRIMMED);
      return;
    }
    window.restart(seq);
    if (seq == fillTo) {
      filled();
    }
  }

  private void take(Entry entry, long nowNanos) {
    boolean known = entry.isKnown();
    if (!known) {
      figures.skipped.increment();
    }
    boolean frames = known && entry.repeat() == 0 && entry.kind() != Entry.Kind.CONTROL;
    Frame frame =
        frames ? new Frame(entry.channel(), encoder.apply(entry.type(), entry.frame())) : null;
    window.add(entry.kind() == Entry.Kind.MESSAGE ? frame : null, nowNanos);
    if (filling) {
      if (seq == fillTo) {
        filled();
      }
      return;
    }
    if (frame != null) {
      boolean presence = entry.kind() == Entry.Kind.PRESENCE;
      figures.deliveries.add(subscriptions.send(frame, presence));
    } else if (known && entry.kind() == Entry.Kind.CONTROL) {
      control(entry);
    }
    position = new Position(entry.epoch(), seq);
    Appender writer = appender;
    if (writer != null && entry.node().equals(node)) {
      writer.tailed(entry);
    }
    if (!waiting.isEmpty()) {
      lookAtWaiting(nowNanos);
    }
  }

  /** The engine goes on from another place. */
  void restart(Head head, ResetReason reason) {
    boolean first = epoch == null;
    boolean same = head.epoch().equals(epoch);
    if (!first) {
      figures.count(reason);
      log.warn(
          "the log of the channels goes on at {}/{} ({})", head.epoch(), head.top(), reason.word());
      if (untold != Resync.EPOCH_CHANGED) {
        untold = same ? Resync.TOO_OLD : Resync.EPOCH_CHANGED;
      }
    }
    epoch = head.epoch();
    seq = head.start();
    fillTo = head.top();
    filling = seq < fillTo;
    position = null;
    window.restart(seq);
    // Answers of authorisers from before may be out of date: control entries may be lost.
    numbers.aboutEverybody();
    Appender writer = appender;
    if (writer != null && !first) {
      writer.restarted();
    }
    if (!filling) {
      filled();
    }
  }

  private void filled() {
    filling = false;
    Position now = new Position(Objects.requireNonNull(epoch), seq);
    position = now;
    Resync why = untold;
    untold = null;
    if (why != null) {
      List<Subscriber> all = new ArrayList<>();
      subscriptions.forEachSubscriber(all::add);
      String text = ChannelFrames.restarted(now, why, spreadMs(all.size()));
      all.forEach(one -> send(one, "resume", text));
      listener.checkEverything();
    }
    membership.restarted();
    lookAtWaiting(System.nanoTime());
  }

  /** Over how many milliseconds so many clients load anew. */
  static long spreadMs(int connections) {
    return Math.max(
        MIN_SPREAD_MS, Math.min(MAX_SPREAD_MS, connections / CONNECTIONS_PER_SPREAD_MS));
  }

  /** Called from time to time. */
  public void tick(long nowNanos) {
    window.trim(nowNanos);
    windowState =
        new WindowState(
            window.entries(),
            window.bytes(),
            window.channels(),
            window.entries() == 0 ? 0 : nowNanos - window.ageNanos(nowNanos));
    Position now = position;
    if (now != null && nowNanos - forgottenNanos >= FORGET_NANOS) {
      forgottenNanos = nowNanos;
      engine.forget(new Position(now.epoch(), window.start()));
    }
    lookAtWaiting(nowNanos);
  }

  private void lookAtWaiting(long nowNanos) {
    if (waiting.isEmpty()) {
      return;
    }
    List<Registration> all = waiting;
    waiting = new ArrayList<>();
    all.forEach(one -> register(one, nowNanos));
  }

  /** A connection that cannot be sent to concerns nobody else: it comes back and resumes. */
  private static void send(Subscriber subscriber, String type, String text) {
    try {
      subscriber.send(type, text);
    } catch (RuntimeException | Error e) {
      subscriber.failed(e);
    }
  }

  /** Subscribes, or lets it wait until this node can say from where. */
  public void register(Registration one, long nowNanos) {
    try {
      judgeAndAnswer(one, nowNanos);
    } catch (RuntimeException | Error e) {
      one.subscriber().failed(e);
      one.answer().done();
    }
  }

  private void judgeAndAnswer(Registration one, long nowNanos) {
    if (!one.subscriber().isOpen()) {
      one.answer().done();
      return;
    }
    boolean late = nowNanos - one.askedNanos() > BEHIND_NANOS;
    if (epoch == null || filling) {
      if (late) {
        refused(one, Resume.ENGINE_UNAVAILABLE);
        one.answer().refused(ChannelCode.ENGINE_UNAVAILABLE, null);
      } else {
        waiting.add(one);
      }
      return;
    }
    if (numbers.of(one.subscriber().subject()) != one.controlNumber()) {
      one.answer().again();
      return;
    }
    Map<String, Long> after = new HashMap<>();
    Resync why = null;
    for (String name : one.allowed()) {
      String channel = ChannelNames.inLog(name, one.subscriber().subject());
      if (subscriptions.contains(one.subscriber(), channel)) {
        continue;
      }
      Position from = one.positions().get(channel);
      if (from != null) {
        why = worse(why, judge(from, one));
        after.put(channel, from.seq());
      }
    }
    Excess excess = excess(one.subscriber(), inLog(one), true);
    if (excess != null) {
      refused(one, Resume.TOO_MANY_CHANNELS);
      one.answer().refused(ChannelCode.TOO_MANY_CHANNELS, excess);
      return;
    }
    if (why == Resync.NODE_BEHIND && !late) {
      waiting.add(one);
      return;
    }
    answer(one, after, why);
  }

  private static List<String> inLog(Registration one) {
    String subject = one.subscriber().subject();
    return one.allowed().stream().map(name -> ChannelNames.inLog(name, subject)).toList();
  }

  /**
   * What a connection would hold too many of, with these channels; null when it may.
   *
   * @param granted all of them are; else some may be refused, and those that are new count alone
   */
  public @Nullable Excess excess(Subscriber subscriber, List<String> channels, boolean granted) {
    int more = 0;
    for (String channel : channels) {
      more += subscriptions.contains(subscriber, channel) ? 0 : 1;
    }
    int limit = config.channelsPerConnection();
    int current = more + Subscriptions.count(subscriber);
    return (granted ? current : more) > limit ? new Excess(limit, current) : null;
  }

  /** Why a position cannot be gone on from; null when it can. */
  private @Nullable Resync judge(Position from, Registration one) {
    if (!from.epoch().equals(epoch)) {
      // The client may know of an epoch that this node has not seen yet.
      Head head = engine.health().head();
      boolean certain =
          head != null && head.readNanos() - one.askedNanos() >= 0 && head.epoch().equals(epoch);
      return certain ? Resync.EPOCH_CHANGED : Resync.NODE_BEHIND;
    }
    if (from.seq() > seq) {
      return Resync.NODE_BEHIND;
    }
    return from.seq() < window.start() ? Resync.TOO_OLD : null;
  }

  /** What one channel waits for, all wait for; and one reason stands for all. */
  private static @Nullable Resync worse(@Nullable Resync one, @Nullable Resync other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    if (one == Resync.NODE_BEHIND || other == Resync.NODE_BEHIND) {
      return Resync.NODE_BEHIND;
    }
    return one.compareTo(other) <= 0 ? one : other;
  }

  private void answer(Registration one, Map<String, Long> after, @Nullable Resync reason) {
    Resync why = reason;
    List<Frame> replay = List.of();
    if (why == null && !after.isEmpty()) {
      Window.Missed missed = window.missed(after, config.replayMessages(), config.replayBytes());
      // The ack is one more.
      boolean fits =
          !missed.tooMany() && one.subscriber().hasRoom(missed.frames().size() + 1, missed.bytes());
      if (fits) {
        replay = missed.frames();
      } else {
        why = Resync.TOO_MANY;
      }
    }
    if (!one.answer().claim()) {
      one.answer().done();
      return;
    }
    String subject = one.subscriber().subject();
    List<String> resync =
        why == null
            ? List.of()
            : one.allowed().stream()
                .filter(name -> after.containsKey(ChannelNames.inLog(name, subject)))
                .toList();
    Position now = new Position(Objects.requireNonNull(epoch), seq);
    one.subscriber().send("ack", ChannelFrames.registered(one, now, resync, why, replay.size()));
    if (!replay.isEmpty()) {
      one.subscriber().send(replay);
    }
    for (String name : one.allowed()) {
      String channel = ChannelNames.inLog(name, subject);
      subscriptions.add(one.subscriber(), channel, one.watched().contains(channel));
      if (one.members().contains(channel)) {
        membership.entered(one.subscriber(), channel);
      }
    }
    boolean goesOn = one.resume() || !after.isEmpty();
    if (goesOn) {
      figures.count(why == null ? Resume.RESUMED : Resume.valueOf(why.name()));
      figures.replayed.add(replay.size());
    }
    one.subscriber().registered(now, lowest(one), why, replay.size());
    one.answer().done();
  }

  /** The lowest position that was asked for; null when none was. */
  private static @Nullable Position lowest(Registration one) {
    Position lowest = null;
    for (Position from : one.positions().values()) {
      if (lowest == null || from.seq() < lowest.seq()) {
        lowest = from;
      }
    }
    return lowest;
  }

  private void refused(Registration one, Resume why) {
    if (one.resume()) {
      figures.count(why);
    }
  }

  /** Ends subscriptions at their client's wish; what it does not have is no fault. */
  public void unsubscribe(Subscriber subscriber, List<String> channels) {
    for (String channel : channels) {
      if (subscriptions.remove(subscriber, channel)) {
        membership.left(subscriber, channel);
      }
    }
  }

  /** Ends subscriptions against their client's wish, and tells it. */
  public void revoke(Subscriber subscriber, List<String> channels) {
    for (String channel : channels) {
      if (subscriptions.remove(subscriber, channel)) {
        membership.left(subscriber, channel);
        send(subscriber, "unsubscribe", ChannelFrames.unsubscribed(channel));
      }
    }
  }

  /** A connection has ended. */
  public void left(Subscriber subscriber) {
    subscriptions.removeAll(subscriber).forEach(channel -> membership.left(subscriber, channel));
  }

  /** Sends a ping that says where the log is, if that is of use to the client. */
  public void ping(Subscriber subscriber) {
    subscriber.ping(position == null || subscriber.held() == null ? -1 : seq);
  }

  private void control(Entry entry) {
    Control control = Control.of(entry);
    if (control == null) {
      figures.skipped.increment();
      return;
    }
    if (entry.node().equals(node)) {
      // It took effect here when it was made.
      outOfDate(control);
    } else {
      apply(control);
      listener.control(control);
    }
  }

  /** What a control entry means for subscriptions. */
  public void apply(Control control) {
    String subject = control.subject();
    if (control.word().equals(Control.UNSUBSCRIBE) && subject != null) {
      for (Subscriber one : subscriptions.of(subject)) {
        revoke(
            one,
            Subscriptions.names(one).stream()
                .filter(name -> ChannelNames.onWire(name).startsWith(control.detail()))
                .toList());
      }
    }
    outOfDate(control);
  }

  /** Whoever has asked for rights asks again, where the entry may take some away. */
  private void outOfDate(Control control) {
    if (!control.concernsRights()) {
      return;
    }
    String subject = control.subject();
    if (subject == null) {
      numbers.aboutEverybody();
    } else {
      numbers.about(subject);
    }
  }
}
