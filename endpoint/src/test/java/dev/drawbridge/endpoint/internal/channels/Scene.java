package dev.drawbridge.endpoint.internal.channels;

import dev.drawbridge.endpoint.cluster.ClusterEngine;
import dev.drawbridge.endpoint.cluster.Node;
import dev.drawbridge.endpoint.cluster.Position;
import dev.drawbridge.endpoint.internal.ChannelConfig;
import dev.drawbridge.endpoint.internal.channels.log.PublishFailure;
import dev.drawbridge.endpoint.internal.channels.subscription.ChannelCode;
import dev.drawbridge.endpoint.internal.channels.subscription.Excess;
import dev.drawbridge.endpoint.internal.channels.subscription.Subscriber;
import dev.drawbridge.endpoint.internal.message.ChannelRequest;
import dev.drawbridge.endpoint.internal.metrics.EndpointMetrics;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One node whose threads are the test's own steps. Not thread-safe. */
final class Scene {
  /** What became of one frame. */
  static final class Answer implements ChannelHub.Reply {
    boolean claimed;
    boolean done;
    @Nullable ChannelCode code;
    @Nullable Excess excess;
    @Nullable Throwable failure;

    @Override
    public boolean claim() {
      boolean first = !claimed;
      claimed = true;
      return first;
    }

    @Override
    public void done() {
      done = true;
    }

    @Override
    public void refused(ChannelCode why, @Nullable Excess more) {
      code = why;
      excess = more;
      done = true;
    }

    @Override
    public void failed(Throwable cause) {
      failure = cause;
      done = true;
    }
  }

  /** A rule that grants what stands in its set, or everything. */
  static class OpenRule implements Rule {
    final Set<String> denied = new HashSet<>();
    final List<String> asked = new ArrayList<>();
    boolean presence;

    /** Done once, after an answer is found and before it is given. */
    @Nullable Runnable onAsk;

    @Override
    public Set<String> allowed(Subscriber subscriber, Action action, Collection<String> channels)
        throws Exception {
      asked.add(action + " " + String.join(" ", channels));
      Set<String> granted = new HashSet<>(channels);
      granted.removeAll(denied);
      Runnable once = onAsk;
      onAsk = null;
      if (once != null) {
        once.run();
      }
      return granted;
    }

    @Override
    public boolean hasPresence() {
      return presence;
    }
  }

  /** What control entries did. */
  static final class Noted implements Effects {
    final List<String> all = new ArrayList<>();

    @Override
    public void disconnect(String subject, String closeCode) {
      all.add("disconnect " + subject + " " + closeCode);
    }

    @Override
    public void replaced(String connectionId, String subject) {
      all.add("replaced " + connectionId + " " + subject);
    }

    @Override
    public void invalidated(@Nullable String subject) {
      all.add("invalidated " + subject);
    }

    @Override
    public void revoked(@Nullable String subject, String detail) {
      all.add("revoked " + subject + " " + detail);
    }

    @Override
    public void disabled(String subject, boolean disabled) {
      all.add((disabled ? "disabled " : "enabled ") + subject);
    }

    @Override
    public void overLimit(String subject, String connectionId) {
      all.add("over limit " + subject + " " + connectionId);
    }

    @Override
    public void checkEverything() {
      all.add("everything");
    }
  }

  static final Duration AUTHORISER_TIMEOUT = Duration.ofSeconds(30);

  static final ChannelConfig CONFIG =
      new ChannelConfig(
          100,
          Duration.ofMinutes(5),
          20_000,
          32L * 1024 * 1024,
          256,
          512 * 1024,
          200,
          Duration.ofSeconds(10),
          1_000);

  final OpenRule rule;
  final Noted effects = new Noted();

  /** What the pool has to do, when the test says so. */
  final ArrayDeque<Runnable> pool = new ArrayDeque<>();

  /** Called before each frame of a channel is written. */
  Consumer<String> onEncode = text -> {};

  final ChannelHub hub;
  private int ids;

  Scene(ClusterEngine engine, String node) {
    this(engine, node, CONFIG, new OpenRule());
  }

  Scene(ClusterEngine engine, String node, ChannelConfig config, OpenRule rule) {
    this.rule = rule;
    this.hub =
        new ChannelHub(
            config,
            engine,
            new Node(node, "", config.window(), config.windowMessages(), config.presenceMembers()),
            new Rules(Map.of("room:", rule)),
            pool::add,
            AUTHORISER_TIMEOUT,
            effects,
            (type, text) -> {
              onEncode.accept(text);
              return EncodedMessage.of(text, () -> {});
            },
            EndpointMetrics.OFF);
    hub.startStepped();
  }

  static ChannelConfig window(int messages) {
    return new ChannelConfig(
        CONFIG.channelsPerConnection(),
        Duration.ofMinutes(5),
        messages,
        CONFIG.windowBytes(),
        CONFIG.replayMessages(),
        CONFIG.replayBytes(),
        CONFIG.presenceMembers(),
        CONFIG.presenceLinger(),
        CONFIG.publishQueue());
  }

  /** What waits is done, by the pool too. */
  void step() {
    step(System.nanoTime());
  }

  /** The same at another time. */
  void step(long nowNanos) {
    hub.step(nowNanos);
    for (Runnable task = pool.poll(); task != null; task = pool.poll()) {
      task.run();
    }
    hub.step(nowNanos);
  }

  Answer subscribe(FakeConnection connection, String... channels) {
    return register(
        connection,
        false,
        Arrays.stream(channels).map(name -> new ChannelRequest.Wanted(name, null)).toList());
  }

  Answer resume(FakeConnection connection, Position from, Collection<String> channels) {
    return register(
        connection,
        true,
        channels.stream().map(name -> new ChannelRequest.Wanted(name, from)).toList());
  }

  Answer register(FakeConnection connection, boolean resume, List<ChannelRequest.Wanted> wanted) {
    Answer answer = new Answer();
    hub.register(connection, "r" + ++ids, resume, wanted, false, answer);
    return answer;
  }

  Answer publish(FakeConnection connection, String channel, String data, @Nullable String key) {
    Answer answer = new Answer();
    hub.publish(connection, "p" + ++ids, channel, "chat.message", data, key, answer);
    return answer;
  }

  /** A publish of the application that nobody waits for. */
  void publish(String channel, String data) {
    hub.publish(
        channel,
        "chat.message",
        data,
        new ChannelHub.Published() {
          @Override
          public void at(Position position) {
            // Nobody waits.
          }

          @Override
          public void failed(PublishFailure failure) {
            // Nobody waits.
          }
        });
  }

  void end(FakeConnection connection) {
    connection.open = false;
    hub.left(connection);
  }
}
