package dev.drawbridge.endpoint.internal.server;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.Connections;
import dev.drawbridge.endpoint.HeartbeatStats;
import dev.drawbridge.endpoint.internal.connection.ConnectionRegistry;
import dev.drawbridge.endpoint.internal.connection.EndpointServices;
import dev.drawbridge.endpoint.internal.connection.ServerConnection;
import dev.drawbridge.endpoint.internal.message.Surrogates;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.HeldStage;
import dev.drawbridge.endpoint.internal.send.Receipt;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of one endpoint, found by id and by user: what the door shows of them, and
 * what the other rooms ask. Thread-safe.
 */
public final class ConnectionIndex implements Connections, ConnectionRegistry {
  private final Map<String, ServerConnection> all = new ConcurrentHashMap<>();

  /** Small immutable lists, replaced as a whole: most users have one connection. */
  private final Map<String, List<ServerConnection>> bySubject = new ConcurrentHashMap<>();

  /** Admitted, but not opened by the container yet. */
  private final Set<ServerConnection> opening = ConcurrentHashMap.newKeySet();

  /** Ended, but inside of a handler that is not late yet. */
  private final Set<ServerConnection> leaving = ConcurrentHashMap.newKeySet();

  private final Disconnects disconnects = new Disconnects();
  private volatile @Nullable Drain drain;

  /** Nothing is left to drain. Guarded by this. */
  private boolean stopped;

  private volatile @Nullable EndpointServices endpoint;

  private final class LiveRecipients implements Recipients {
    private final Supplier<Collection<ServerConnection>> links;

    /** Null for all. */
    private final @Nullable Predicate<Connection> condition;

    private LiveRecipients(
        Supplier<Collection<ServerConnection>> links, @Nullable Predicate<Connection> condition) {
      this.links = links;
      this.condition = condition;
    }

    /** All are asked before anything is done: a condition may fail. */
    private Collection<ServerConnection> now() {
      Predicate<Connection> asked = condition;
      Collection<ServerConnection> present = links.get();
      return asked == null
          ? present
          : present.stream().filter(link -> asked.test(link.connection())).toList();
    }

    @Override
    public int size() {
      return now().size();
    }

    @Override
    public Recipients where(Predicate<Connection> further) {
      return new LiveRecipients(links, condition == null ? further : condition.and(further));
    }

    @Override
    public Recipients except(Connection connection) {
      return where(other -> !other.id().equals(connection.id()));
    }

    @Override
    public CompletionStage<Delivery> send(String type, @Nullable Object data) {
      EndpointServices started = started();
      EncodedMessage text = started.frames().application(type, data);
      DeliveryCount count = new DeliveryCount(new HeldStage<>(started.continuations()));
      for (ServerConnection link : now()) {
        count.open.incrementAndGet();
        link.send(text, count);
      }
      count.ended();
      return count.stage.handOut();
    }

    @Override
    public int close(CloseCode code, String reason) {
      // Also where nobody is: what is wrong with a call does not depend on who is there.
      Surrogates.checkReason(reason);
      int asked = 0;
      for (ServerConnection link : now()) {
        link.connection().close(code, reason);
        asked++;
      }
      return asked;
    }
  }

  /** Counts what became of one message to many. Thread-safe. */
  private static final class DeliveryCount implements Receipt {
    private final HeldStage<Delivery> stage;
    private final AtomicInteger written = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    /** One more than there are, so that the count cannot end before all were asked. */
    private final AtomicInteger open = new AtomicInteger(1);

    private DeliveryCount(HeldStage<Delivery> stage) {
      this.stage = stage;
    }

    @Override
    public void written() {
      written.incrementAndGet();
      ended();
    }

    @Override
    public void failed(String why) {
      failed.incrementAndGet();
      ended();
    }

    private void ended() {
      if (open.decrementAndGet() == 0) {
        stage.settle(new Delivery(written.get(), failed.get()));
      }
    }
  }

  @Override
  public Recipients all() {
    return new LiveRecipients(all::values, null);
  }

  @Override
  public Recipients forUser(String subject) {
    return new LiveRecipients(() -> links(subject), null);
  }

  @Override
  public Optional<Connection> find(String id) {
    ServerConnection link = all.get(id);
    return link == null ? Optional.empty() : Optional.of(link.connection());
  }

  @Override
  public List<Connection> list() {
    return all.values().stream()
        .map(ServerConnection::connection)
        .collect(Collectors.toUnmodifiableList());
  }

  @Override
  public int size() {
    return all.size();
  }

  @Override
  public HeartbeatStats heartbeat() {
    return started().heartbeat();
  }

  @Override
  public CompletionStage<Void> drain() {
    Drain running;
    synchronized (this) {
      running = drain;
      if (running == null) {
        running = new Drain(this, started().continuations());
        drain = running;
        if (stopped) {
          running.stop();
        } else {
          running.start();
        }
      }
    }
    return running.done();
  }

  @Override
  public boolean isDraining() {
    return drain != null;
  }

  /** A start, the first or another one of the same servlet. */
  public synchronized void start(EndpointServices started) {
    endpoint = started;
    drain = null;
    stopped = false;
  }

  /** Closes the connections of a user, those too whose handshake has begun. */
  void disconnect(String subject, CloseCode code, String reason) {
    // First: whoever is not in the index yet looks there once it is.
    disconnects.add(subject, new Disconnects.Order(code, reason, System.nanoTime()));
    links(subject).forEach(link -> link.close(code, reason));
  }

  /** Looks at the user of each connection concerned; null is everybody. */
  void recheck(@Nullable String subject) {
    (subject == null ? all.values() : links(subject)).forEach(ServerConnection::recheckUser);
  }

  /**
   * Closes and forgets everything.
   *
   * @return what was open, and may have to be cut: clients that do not read, or do not answer
   */
  List<ServerConnection> stop() {
    List<ServerConnection> open = List.copyOf(all.values());
    open.forEach(link -> link.close(CloseCode.GOING_AWAY, "the server stops"));
    open.forEach(link -> link.ended("endpoint_stopped"));
    synchronized (this) {
      stopped = true;
      if (drain != null) {
        drain.stop();
      }
    }
    return open;
  }

  /** Admits a connection: it is about to be upgraded. */
  public void admitted(ServerConnection link) {
    opening.add(link);
  }

  /** Those that are admitted, but not opened yet. */
  public Set<ServerConnection> opening() {
    return opening;
  }

  /** Those that have ended inside of a handler that is not late yet. */
  public Set<ServerConnection> leaving() {
    return leaving;
  }

  @Override
  public void opened(ServerConnection connection) {
    add(connection);
    opening.remove(connection);
  }

  @Override
  public void ended(ServerConnection connection) {
    remove(connection);
    opening.remove(connection);
  }

  @Override
  public void leaving(ServerConnection connection) {
    leaving.add(connection);
  }

  @Override
  public void left(ServerConnection connection) {
    leaving.remove(connection);
  }

  @Override
  public void welcomed(ServerConnection connection) {
    disconnects.check(connection);
    Drain running = drain;
    if (running != null) {
      running.tell(connection);
    }
  }

  /** The drain that is under way, null when there is none. */
  public @Nullable Drain draining() {
    return drain;
  }

  public Collection<ServerConnection> links() {
    return all.values();
  }

  public @Nullable ServerConnection link(String id) {
    return all.get(id);
  }

  /** The open connection of this id if it is this user's; null for any other. */
  public @Nullable ServerConnection link(@Nullable String id, String subject) {
    ServerConnection link = id == null ? null : all.get(id);
    return link != null && link.subject().equals(subject) ? link : null;
  }

  public List<ServerConnection> links(String subject) {
    return bySubject.getOrDefault(subject, List.of());
  }

  public void add(ServerConnection link) {
    all.put(link.id(), link);
    bySubject.merge(link.subject(), List.of(link), ConnectionIndex::plus);
  }

  /** Takes a connection out, also one that {@link #add} has put in by half so far. */
  public void remove(ServerConnection link) {
    all.remove(link.id(), link);
    bySubject.computeIfPresent(link.subject(), (subject, links) -> minus(links, link));
  }

  /** True when nothing is left in any index. */
  public boolean isEmpty() {
    return all.isEmpty() && bySubject.isEmpty();
  }

  private EndpointServices started() {
    EndpointServices started = endpoint;
    if (started == null) {
      throw new IllegalStateException("the endpoint has not started yet");
    }
    return started;
  }

  private static List<ServerConnection> plus(
      List<ServerConnection> old, List<ServerConnection> more) {
    List<ServerConnection> both = new ArrayList<>(old);
    both.addAll(more);
    return List.copyOf(both);
  }

  private static @Nullable List<ServerConnection> minus(
      List<ServerConnection> links, ServerConnection link) {
    if (links.size() == 1) {
      return links.get(0) == link ? null : links;
    }
    List<ServerConnection> rest = links.stream().filter(other -> other != link).toList();
    return rest.isEmpty() ? null : rest;
  }
}
