package dev.drawbridge.endpoint;

import jakarta.servlet.ServletContext;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of one endpoint: all, and by user. Thread-safe.
 *
 * <p>Code outside of the endpoint finds it by {@link #of(ServletContext)}.
 */
public final class Connections {
  private final Map<String, Link> all = new ConcurrentHashMap<>();

  /** Small immutable lists, replaced as a whole: most users have one connection. */
  private final Map<String, List<Link>> bySubject = new ConcurrentHashMap<>();

  private volatile @Nullable Drain drain;

  /** Nothing is left to drain. Guarded by this. */
  private boolean stopped;

  private volatile @Nullable Core core;

  Connections() {}

  /**
   * The connections of a web application.
   *
   * @throws IllegalStateException if no {@link DrawbridgeServlet} has started in it
   */
  public static Connections of(ServletContext context) {
    if (context.getAttribute(Connections.class.getName()) instanceof Connections connections) {
      return connections;
    }
    throw new IllegalStateException(
        "no DrawbridgeServlet has started in this web application;"
            + " give it <load-on-startup>1</load-on-startup>");
  }

  /**
   * How a message to many went.
   *
   * @param written connections that it was written to
   * @param failed connections that were closed, too slow or broken
   */
  public record Delivery(int written, int failed) {}

  /** Those that a message goes to. */
  public final class Recipients {
    private final Collection<Link> links;

    private Recipients(Collection<Link> links) {
      this.links = links;
    }

    /** How many there are now. */
    public int size() {
      return links.size();
    }

    /**
     * Sends data of a type to each, serialized once, without waiting for the network.
     *
     * <p>What is attached to the stage runs where {@link Connection#send} says.
     *
     * @return completes when its bytes are written to the socket of each or it has failed; never
     *     fails itself
     * @throws IllegalArgumentException if the type breaks a rule, or Jackson cannot write the data
     */
    public CompletionStage<Delivery> send(String type, @Nullable Object data) {
      Core started = started();
      OutgoingText text = started.frames().application(type, data);
      DeliveryCount count = new DeliveryCount(new HeldStage<>(started.continuations()));
      for (Link link : links) {
        count.open.incrementAndGet();
        link.send(text, count);
      }
      count.ended();
      return count.stage.handOut();
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

  /** Every open connection. */
  public Recipients all() {
    return new Recipients(all.values());
  }

  /** The open connections of one user; none is fine too. */
  public Recipients forUser(String subject) {
    return new Recipients(bySubject.getOrDefault(subject, List.of()));
  }

  /** A connection by its id. */
  public Optional<Connection> find(String id) {
    Link link = all.get(id);
    return link == null ? Optional.empty() : Optional.of(link.connection());
  }

  /** The open connections, as they are now. */
  public List<Connection> list() {
    return all.values().stream().map(Link::connection).collect(Collectors.toUnmodifiableList());
  }

  /** How many are open. */
  public int size() {
    return all.size();
  }

  /** How reliable the heartbeat is. */
  public HeartbeatStats heartbeat() {
    return started().heartbeat();
  }

  /**
   * Empties the endpoint before the server stops: refuses new connections, tells the open ones when
   * to come back, waits for their handlers and closes them with 1012. Call it before {@code stop()}
   * of an embedded server. PROTOCOL.md section 9.
   *
   * <p>What is attached to the stage runs where {@link Connection#send} says; each call gives a
   * stage of its own.
   *
   * @return completes when no connection is left, after at most 15 s, or when the endpoint stops
   */
  public CompletionStage<Void> drain() {
    Drain running;
    synchronized (this) {
      running = drain;
      if (running == null) {
        running = new Drain(started());
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

  /** True once {@link #drain()} was called. */
  public boolean isDraining() {
    return drain != null;
  }

  /** A start, the first or another one of the same servlet. */
  synchronized void start(Core started) {
    core = started;
    drain = null;
    stopped = false;
  }

  /** Looks at the user of each connection concerned; null is everybody. */
  void recheck(@Nullable String subject) {
    (subject == null ? all.values() : links(subject)).forEach(Link::recheckUser);
  }

  /** Closes and forgets everything. */
  void stop() {
    all.values().forEach(link -> link.close(CloseCode.GOING_AWAY, "the server stops"));
    all.values().forEach(link -> link.ended("endpoint_stopped"));
    synchronized (this) {
      stopped = true;
      if (drain != null) {
        drain.stop();
      }
    }
  }

  /** The drain that is under way, null when there is none. */
  @Nullable Drain draining() {
    return drain;
  }

  Collection<Link> links() {
    return all.values();
  }

  @Nullable Link link(String id) {
    return all.get(id);
  }

  List<Link> links(String subject) {
    return bySubject.getOrDefault(subject, List.of());
  }

  void add(Link link) {
    all.put(link.id(), link);
    bySubject.merge(link.subject(), List.of(link), Connections::plus);
  }

  /** Takes a connection out, also one that {@link #add} has put in by half so far. */
  void remove(Link link) {
    all.remove(link.id(), link);
    bySubject.computeIfPresent(link.subject(), (subject, links) -> minus(links, link));
  }

  /** True when nothing is left in any index. */
  boolean isEmpty() {
    return all.isEmpty() && bySubject.isEmpty();
  }

  private Core started() {
    Core started = core;
    if (started == null) {
      throw new IllegalStateException("the endpoint has not started yet");
    }
    return started;
  }

  private static List<Link> plus(List<Link> old, List<Link> more) {
    return java.util.stream.Stream.concat(old.stream(), more.stream()).toList();
  }

  private static @Nullable List<Link> minus(List<Link> links, Link link) {
    List<Link> rest = links.stream().filter(other -> other != link).toList();
    return rest.isEmpty() ? null : rest;
  }
}
