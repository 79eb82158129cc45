package dev.drawbridge.endpoint.internal.connection;

import dev.drawbridge.endpoint.CloseCode;
import dev.drawbridge.endpoint.Connection;
import dev.drawbridge.endpoint.ConnectionClose;
import dev.drawbridge.endpoint.ConnectionClose.Initiator;
import dev.drawbridge.endpoint.internal.message.Fault;
import dev.drawbridge.endpoint.internal.receive.MessageDispatcher;
import dev.drawbridge.endpoint.internal.send.EncodedMessage;
import dev.drawbridge.endpoint.internal.send.FrameLog;
import dev.drawbridge.endpoint.internal.send.ProtocolFrames;
import dev.drawbridge.endpoint.internal.send.Receipt;
import dev.drawbridge.endpoint.internal.send.SendQueue;
import dev.drawbridge.endpoint.internal.server.Admission;
import dev.drawbridge.endpoint.internal.server.Drain;
import dev.drawbridge.endpoint.internal.server.EndpointRuntime;
import dev.drawbridge.filters.Attempt;
import dev.drawbridge.filters.RequestId;
import dev.drawbridge.filters.jwt.Handshake;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.websocket.api.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one connection behind its public face: opening, sending, closing, and the one cleanup
 * whatever ends it. Thread-safe.
 */
public final class ServerConnection implements SendQueue.Listener {
  private static final Logger log = LoggerFactory.getLogger(ServerConnection.class);

  /** How long a client may take to answer a close. */
  public static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How long Jetty may take from the upgrade to the open connection. */
  static final long OPEN_NANOS = TimeUnit.SECONDS.toNanos(30);

  private enum State {
    /** Admitted, not upgraded yet. */
    OPENING,
    OPEN,
    /** No more application frames; what is left is written, then the close. */
    CLOSING,
    /** Removed from every index. */
    ENDED
  }

  /**
   * A state and when it began, or was forgiven: read as one, so that no time is of another state.
   *
   * @param ending how it ends; null while it is open
   */
  private record Phase(State state, long sinceNanos, @Nullable ConnectionClose ending) {
    private Phase restarted(long nowNanos) {
      return new Phase(state, nowNanos, ending);
    }

    /** Only the first ending counts. */
    private Phase ended(long nowNanos, ConnectionClose how) {
      return state == State.ENDED
          ? this
          : new Phase(State.ENDED, nowNanos, ending == null ? how : ending);
    }
  }

  private final EndpointRuntime core;
  private final String id = RequestId.next() + RequestId.next();
  private final Connection connection = new ConnectionHandle(this);
  private final Admission.Place place;
  private final @Nullable Attempt attempt;
  private final @Nullable String origin;
  private final long createdNanos = System.nanoTime();
  private final Instant openedAt;
  private final AtomicReference<Phase> phase =
      new AtomicReference<>(new Phase(State.OPENING, createdNanos, null));

  /** Null in production. */
  private final @Nullable FrameLog frameLog;

  private final AtomicReference<Credential> credential;

  /** Null until Jetty has opened the connection. */
  private volatile @Nullable Session session;

  private volatile @Nullable SendQueue outbound;
  private volatile @Nullable MessageDispatcher conversation;
  private volatile @Nullable ConnectionMonitor guard;

  public ServerConnection(
      EndpointRuntime core, Handshake handshake, Admission.Place place, @Nullable Attempt attempt) {
    this.core = core;
    this.place = place;
    this.attempt = attempt;
    this.origin = handshake.origin();
    this.openedAt = core.clock().instant();
    this.credential = new AtomicReference<>(Credential.of(handshake, openedAt));
    this.frameLog = core.witness() == null ? null : new FrameLog(core.clock());
  }

  public String id() {
    return id;
  }

  public EndpointRuntime core() {
    return core;
  }

  public Connection connection() {
    return connection;
  }

  /** The last frames; null in production. */
  public @Nullable FrameLog frameLog() {
    return frameLog;
  }

  /** The handshake that it came of, null when it was not recorded. */
  public @Nullable Attempt attempt() {
    return attempt;
  }

  /** Who watches it; null before it is open. */
  public @Nullable ConnectionMonitor guard() {
    return guard;
  }

  public Credential credential() {
    return Objects.requireNonNull(credential.get());
  }

  /**
   * Changes it as it is at this moment: a new token and a new look at the user may come at once.
   */
  public void credential(UnaryOperator<Credential> change) {
    credential.updateAndGet(change);
  }

  /** Takes a newer one; false when it expires no later than the present one. */
  public boolean renew(Credential fresh) {
    Credential before =
        credential.getAndUpdate(present -> fresh.isNewerThan(present) ? fresh : present);
    return fresh.isNewerThan(before);
  }

  public String subject() {
    return credential().user().subject();
  }

  public @Nullable String origin() {
    return origin;
  }

  public String address() {
    return place.address();
  }

  public Instant openedAt() {
    return openedAt;
  }

  public ProtocolFrames frames() {
    return core.frames();
  }

  private State state() {
    return Objects.requireNonNull(phase.get()).state;
  }

  /** False if it is not in the first state any more. */
  private boolean pass(State from, State to, @Nullable ConnectionClose ending) {
    Phase next = new Phase(to, core.nanoTime(), ending);
    while (true) {
      Phase present = Objects.requireNonNull(phase.get());
      if (present.state != from) {
        return false;
      }
      if (phase.compareAndSet(present, next)) {
        return true;
      }
    }
  }

  public boolean isOpen() {
    return state() == State.OPEN;
  }

  public boolean isEnded() {
    return state() == State.ENDED;
  }

  /** True while a message is being handled or a frame is being written. */
  public boolean isBusy() {
    return isHandling() || pending() > 0;
  }

  /** True while a message is being handled. */
  public boolean isHandling() {
    MessageDispatcher messages = conversation;
    return messages != null && messages.isBusy();
  }

  /** Frames that wait to be written or are being written. */
  public int pending() {
    SendQueue writer = outbound;
    return writer == null ? 0 : writer.pending();
  }

  /** Messages that wait for their handlers. */
  public int waiting() {
    MessageDispatcher messages = conversation;
    return messages == null ? 0 : messages.waiting();
  }

  /** Jetty has opened the connection: welcome it before all that others send to it. */
  public MessageDispatcher open(Session opened) {
    opened.setIdleTimeout(core.config().idleTimeout());
    // Ours count partial frames and answer before they close.
    opened.setMaxTextMessageSize(0);
    opened.setMaxBinaryMessageSize(0);
    long now = System.nanoTime();
    SendQueue writer =
        new SendQueue(opened, core.config(), this, core.frames().welcome(this), frameLog);
    Heartbeat liveness = new Heartbeat(core.config(), core.heartbeat(), now);
    MessageDispatcher messages = new MessageDispatcher(this, opened, writer, liveness);
    session = opened;
    outbound = writer;
    conversation = messages;
    guard = new ConnectionMonitor(this, opened, liveness, writer, messages);
    if (!pass(State.OPENING, State.OPEN, null)) {
      opened.disconnect();
      return messages;
    }
    passed(Attempt.Stage.UPGRADED);
    // In the index before the welcome is out: who has seen a welcome can be sent to.
    core.connections().add(this);
    core.opening().remove(this);
    if (core.isStopped()) {
      // The stop has gone through the indexes before this one was in them.
      abort("the endpoint stops");
    }
    if (isEnded()) {
      // It ended between the two, when it was in no index yet.
      core.connections().remove(this);
      messages.opened();
      return messages;
    }
    // Before it is out: who has seen the welcome may ask at once what became of the attempt.
    passed(Attempt.Stage.WELCOME);
    writer.start();
    ConnectionMonitor checks = guard;
    if (checks != null) {
      try {
        // After the registration: an invalidate before it was not told to this connection.
        checks.recheckUser(now);
      } catch (IllegalStateException e) {
        // The web application stopped meanwhile, and its users with it.
        close(CloseCode.GOING_AWAY, "the server stops");
      }
    }
    Drain drain = core.connections().draining();
    if (drain != null) {
      drain.tell(this);
    }
    messages.opened();
    log.debug("connection {} of attempt {} is open", id, attempt == null ? "-" : attempt.id());
    return messages;
  }

  /** Sends a text after what was sent before. */
  public void send(EncodedMessage text, @Nullable Receipt receipt) {
    SendQueue writer = outbound;
    if (writer != null) {
      writer.send(text, false, receipt);
    } else if (receipt != null) {
      receipt.failed("the connection is not open yet");
    }
  }

  /** Answers a message that is refused. */
  public void sendError(@Nullable String messageId, Fault fault) {
    send(core.frames().error(messageId, fault, RequestId.next()), null);
  }

  /** Closes after what was sent before; only the first close counts. */
  public void close(CloseCode code, String reason) {
    close(code, reason, false);
  }

  /** Closes; {@code now} drops what waits to be written. */
  public void close(CloseCode code, String reason, boolean now) {
    close(code, reason, now, null);
  }

  /** Closes over a limit, which the log is told with the current value. */
  public void closeOver(CloseCode code, String reason, boolean now, String limit) {
    close(code, reason, now, limit);
  }

  private void close(CloseCode code, String reason, boolean now, @Nullable String detail) {
    if (!pass(State.OPEN, State.CLOSING, ending(code.code(), reason, Initiator.SERVER))) {
      return;
    }
    over(code.code(), reason, Initiator.SERVER, detail);
    MessageDispatcher messages = conversation;
    if (messages != null) {
      messages.closing();
    }
    SendQueue writer = outbound;
    if (writer != null) {
      writer.close(code.code(), reason, now);
    }
    log.debug("connection {} closes with {} {}", id, code.code(), reason);
  }

  /** Jetty says that it is closed, whoever began it. */
  public void closed(int code, String reason, Initiator by) {
    ended(code, "closed_" + code, reason, by);
  }

  /** The connection is over by our own doing. */
  public void ended(String why) {
    ended(CloseCode.ABNORMAL, why, why, Initiator.SERVER);
  }

  /** How it ended; null while it is open. */
  public @Nullable ConnectionClose ending() {
    return Objects.requireNonNull(phase.get()).ending;
  }

  /**
   * The connection is over, whoever ended it. Only the first call counts.
   *
   * @param why for the log
   * @param reason for the application
   */
  private void ended(int code, String why, String reason, Initiator by) {
    ConnectionClose how = ending(code, reason, by);
    long now = core.nanoTime();
    State before = phase.getAndUpdate(present -> present.ended(now, how)).state;
    if (before == State.ENDED) {
      return;
    }
    core.connections().remove(this);
    core.opening().remove(this);
    place.release();
    SendQueue writer = outbound;
    if (writer != null) {
      writer.ended(why);
    }
    MessageDispatcher messages = conversation;
    if (messages != null) {
      messages.ended(before == State.OPEN && by == Initiator.CLIENT);
      if (messages.isBusy()) {
        core.leaving().add(this);
      }
    }
    if (before == State.OPEN) {
      over(code, why, by, null);
    }
    log.debug("connection {} ended: {}", id, why);
  }

  /** Ends it without a close frame, by our own doing. */
  public void abort(String why) {
    abort(why, Initiator.SERVER);
  }

  private void abort(String why, Initiator by) {
    Session opened = session;
    ended(CloseCode.ABNORMAL, why, why, by);
    if (opened != null) {
      opened.disconnect();
    }
  }

  /** Called by the timer. */
  public void tick(long nowNanos, Instant now) {
    Phase present = Objects.requireNonNull(phase.get());
    switch (present.state) {
      case OPENING -> {
        if (nowNanos - present.sinceNanos > OPEN_NANOS) {
          abort("the upgrade was never finished");
        }
      }
      case OPEN -> {
        ConnectionMonitor checks = guard;
        if (checks != null) {
          checks.tick(nowNanos, now);
        }
      }
      case CLOSING -> {
        if (nowNanos - present.sinceNanos > CLOSE_NANOS) {
          abort("the client did not answer the close");
        }
      }
      case ENDED -> core.connections().remove(this);
    }
  }

  /** Called by the timer after the end, for as long as a handler runs that is not late yet. */
  public void tickAfterEnd(long nowNanos) {
    MessageDispatcher messages = conversation;
    if (messages == null || messages.checkTimeout(nowNanos)) {
      core.leaving().remove(this);
    }
  }

  /** The state as it is now begins at this time, whichever it is. */
  private void restart(long nowNanos) {
    phase.updateAndGet(present -> present.restarted(nowNanos));
  }

  /** The process stood still: silence until now was not the client's. */
  public void forgive(long nowNanos) {
    restart(nowNanos);
    ConnectionMonitor checks = guard;
    if (checks != null) {
      checks.forgive(nowNanos);
    }
  }

  /** Looks at the user again, now. */
  public void recheckUser() {
    ConnectionMonitor checks = guard;
    if (checks != null && isOpen()) {
      checks.recheckUser(System.nanoTime());
    }
  }

  @Override
  public void tooSlow(String why) {
    log.debug("connection {} is too slow: {}", id, why);
    closeOver(CloseCode.SLOW_CONSUMER, "slow_consumer", true, why);
  }

  @Override
  public void broken(Throwable cause) {
    log.debug("connection {} is broken: {}", id, cause.toString());
    abort("writing failed", Initiator.NETWORK);
  }

  @Override
  public void closeSent() {
    // The client has its time to answer from here.
    restart(core.nanoTime());
  }

  private void passed(Attempt.Stage stage) {
    if (attempt != null) {
      attempt.passed(stage);
    }
  }

  private ConnectionClose ending(int code, String reason, Initiator by) {
    Duration age = Duration.ofNanos(System.nanoTime() - createdNanos);
    return new ConnectionClose(code, reason, by, age);
  }

  /** Called once for each connection that was open. */
  private void over(int code, String why, Initiator by, @Nullable String detail) {
    long now = System.nanoTime();
    ConnectionMonitor watching = guard;
    CloseReport.tell(
        this,
        attempt,
        new CloseReport.Close(code, why, by, detail),
        Duration.ofNanos(now - createdNanos),
        Duration.ofNanos(watching == null ? 0 : watching.quietNanos(now)));
  }

  @Override
  public String toString() {
    return "ServerConnection[" + id + ", " + state() + "]";
  }
}
